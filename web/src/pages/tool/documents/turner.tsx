import './documents.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Stage } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useDocumentsText } from '../../../text/documents/documents.ts';
import { IconButton } from '../../../ui/iconbutton.tsx';
import { Button } from '../../../ui/button.tsx';

/** Which page of the document everybody sees; who presents turns it. */
export function PageTurner({ work }: { work: Work }): JSX.Element | null {
  const shown = work.stage.shown.value;
  if (shown.kind !== 'document' || work.stage.kind.value !== 'document') return null;
  return <Turner work={work} shown={shown} />;
}

function Turner({ work, shown }: { work: Work; shown: Stage }): JSX.Element {
  const { t } = useDocumentsText();
  const { page, pages, name } = shown;
  const presents = work.rights.value.presents;
  const turn = useTurn(work, shown);
  useKeys(presents ? turn : null);
  return (
    <div class="turner" role="group" aria-label={t('surface.pages')} data-testid="turner">
      <bdi class="turner-name">{name}</bdi>
      {presents && pages > 1 && (
        <>
          <IconButton
            icon="back"
            label={t('surface.previous')}
            testid="page-previous"
            disabled={page <= 1}
            onClick={() => turn(-1)}
          />
          <PageNumber page={page} pages={pages} onPick={(picked) => turn(picked, true)} />
          <IconButton
            icon="forth"
            label={t('surface.next')}
            testid="page-next"
            disabled={page >= pages}
            onClick={() => turn(1)}
          />
        </>
      )}
      {/* There from the start: a region that comes with its text is not always read out. */}
      <span role="status" class={presents ? 'unseen' : ''} data-testid="page-said">
        {pages > 1 ? t('surface.said', { page, pages }) : ''}
      </span>
      {presents && (
        <Button testid="document-close" icon="cross" look="quiet" onClick={() => putAway(work)}>
          {t('project.close')}
        </Button>
      )}
    </div>
  );
}

/** What is shared follows, or nothing. */
export function putAway(work: Work): void {
  work.stage.show({ kind: 'share', id: '' });
}

interface NumberProps {
  page: number;
  pages: number;
  onPick: (page: number) => void;
}

function PageNumber({ page, pages, onPick }: NumberProps): JSX.Element {
  const { t } = useDocumentsText();
  const id = useId();
  const typed = useSignal<string | null>(null);
  const pick = () => {
    const picked = Math.round(Number(typed.value));
    if (typed.value !== null && picked >= 1 && picked <= pages && picked !== page) onPick(picked);
    typed.value = null;
  };
  return (
    <form
      class="turner-number"
      onSubmit={(event) => {
        event.preventDefault();
        pick();
      }}
    >
      <label class="unseen" for={id}>
        {t('surface.number')}
      </label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        autocomplete="off"
        data-testid="page-number"
        value={typed.value ?? String(page)}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onBlur={pick}
      />
      <span>{t('surface.of', { pages })}</span>
    </form>
  );
}

type Turn = (by: number, absolute?: boolean) => void;

/** Two turns count as two before the relay has answered the first. */
function useTurn(work: Work, shown: Stage): Turn {
  const target = useRef(shown.page);
  useEffect(() => {
    target.current = shown.page;
  }, [shown.id, shown.page]);
  return (by, absolute = false) => {
    const next = Math.min(Math.max(1, absolute ? by : target.current + by), shown.pages);
    if (next !== target.current && work.stage.show({ ...shown, page: next })) target.current = next;
  };
}

/** As presenters’ remote controls press them. Nothing is turned while somebody types or is in a menu. */
function useKeys(turn: Turn | null): void {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const by = turns[event.key];
      const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
      if (by === undefined || modified || event.defaultPrevented || latest.current === null) return;
      const { target } = event;
      const inside = target instanceof Element && target.closest('.picture') !== null;
      if (target !== document.body && !inside) return;
      if (target instanceof Element && target.closest('input, textarea, select, [role=toolbar]')) {
        return;
      }
      event.preventDefault();
      latest.current(by);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

const turns: Readonly<Partial<Record<string, number>>> = {
  PageDown: 1,
  PageUp: -1,
  ArrowRight: 1,
  ArrowLeft: -1,
};
