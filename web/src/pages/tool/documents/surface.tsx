import './documents.css';
import { useSignal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Pages } from '../../../session/documents.ts';
import { asProblem, type Problem } from '../../../session/problem.ts';
import type { Work } from '../../../session/work.ts';
import { useDocumentsText } from '../../../text/documents/documents.ts';
import { Button } from '../../../ui/button.tsx';
import { useText } from '../../../ui/services.ts';
import { contain, sheetFor, type Box, type Sheet } from './sheet.ts';
import { troubleText } from './words.ts';

export interface DocumentSurfaceProps {
  work: Work;
  document: string;
  page: number;
  /** Lies exactly over the page. */
  overlay: JSX.Element;
}

/** What is drawn at this moment. */
interface Drawn {
  key: string;
  box: Box;
  text: string;
}

/** Problems that may pass by themselves. */
const passing: ReadonlySet<string> = new Set(['network', 'timeout', 'unavailable', 'rate-limited']);
const againAfter = 4000;

/** A page of a document, as large as its place. */
export function DocumentSurface(props: DocumentSurfaceProps): JSX.Element {
  const { work, document: id, page, overlay } = props;
  const words = useDocumentsText();
  const general = useText();
  const place = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const textId = useId();
  const { drawn, problem, again } = usePage(work, id, page, place, sheet);
  const { t } = words;
  const stage = work.stage.document.value;
  const name = stage?.id === id ? stage.name : '';
  const pages = stage?.id === id ? stage.pages : 1;
  const label = t(pages > 1 ? 'surface.page' : 'surface.image', { name, page, pages });
  const ready = drawn !== null && problem === null;
  const size = ready ? { width: `${drawn.box.width}px`, height: `${drawn.box.height}px` } : {};
  return (
    <div
      ref={place}
      class="document-surface"
      data-testid="document-surface"
      data-document={id}
      data-page={page}
      data-drawn={ready ? drawn.key : ''}
    >
      <div class="document-page" style={size} hidden={!ready}>
        <div ref={sheet} role="img" aria-label={label} aria-describedby={textId} />
        {overlay}
      </div>
      {/* What is written on the page, for who cannot see it. */}
      <div class="unseen" role="group" aria-label={t('surface.text')} data-testid="page-text">
        <p id={textId}>{ready ? drawn.text : ''}</p>
      </div>
      {problem !== null && (
        <div class="document-trouble" role="alert" data-testid="document-trouble">
          <p>
            {troubleText(problem, work.documents.listing.value?.limits ?? null, words, general)}
          </p>
          <Button testid="document-again" onClick={again}>
            {t('surface.again')}
          </Button>
        </div>
      )}
      {drawn === null && problem === null && (
        <p class="document-opening" role="status">
          <span class="spinner" aria-hidden="true" /> {t('surface.opening', { name })}
        </p>
      )}
    </div>
  );
}

interface PageState {
  drawn: Drawn | null;
  problem: Problem | null;
  again: () => void;
}

/** Opens the document, and draws the page anew whenever it, or its place, is another. The old one stays until then. */
function usePage(
  work: Work,
  id: string,
  page: number,
  place: RefObject<HTMLDivElement | null>,
  sheet: RefObject<HTMLDivElement | null>,
): PageState {
  const drawn = useSignal<Drawn | null>(null);
  const problem = useSignal<Problem | null>(null);
  const box = usePlace(place);
  const attempt = useSignal(0);
  const { documents } = work;
  // Who shows nothing of it any more needs no memory for it.
  useEffect(() => () => documents.shut(), [documents]);
  useEffect(() => {
    drawn.value = null;
    problem.value = null;
  }, [id, drawn, problem]);
  useEffect(() => {
    const within = box.value;
    if (within === null) return undefined;
    let timer = 0;
    let over = false;
    draw(documents.pages(id), page, within).then(
      ({ canvas, ...made }) => {
        if (over) return;
        sheet.current?.replaceChildren(canvas);
        problem.value = null;
        drawn.value = { key: `${id}/${page}`, ...made };
      },
      (cause: unknown) => {
        if (over) return;
        problem.value = asProblem(cause);
        if (!passing.has(problem.value.code)) return;
        timer = window.setTimeout(() => attempt.value++, againAfter);
      },
    );
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [documents, id, page, box.value, attempt.value, drawn, problem, sheet]);
  return {
    drawn: drawn.value,
    problem: problem.value,
    again: () => {
      problem.value = null;
      attempt.value++;
    },
  };
}

async function draw(
  opening: Promise<Pages<Sheet>>,
  page: number,
  within: Box,
): Promise<{ canvas: Sheet; box: Box; text: string }> {
  const pages = await opening;
  const box = contain(await pages.size(page), within);
  const canvas = sheetFor(box, window.devicePixelRatio);
  await pages.draw(page, canvas);
  return { canvas, box, text: await pages.text(page).catch(() => '') };
}

/** How much room there is; a window that is being resized is waited for. */
function usePlace(place: RefObject<HTMLDivElement | null>): { readonly value: Box | null } {
  const box = useSignal<Box | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let timer = 0;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && height > 0) box.value = { width, height };
    };
    const observer = new ResizeObserver(() => {
      clearTimeout(timer);
      timer = window.setTimeout(measure, box.peek() === null ? 0 : 100);
    });
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [place, box]);
  return box;
}
