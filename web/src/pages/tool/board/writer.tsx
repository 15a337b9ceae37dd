import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { extent } from '../../../session/surface.ts';
import type { Work } from '../../../session/work.ts';
import { useBoardText } from '../../../text/board/board.ts';
import type { Instruments, Writing } from './instruments.ts';

export interface WriterProps {
  work: Work;
  instruments: Instruments;
  writing: Writing;
}

const maxLength = 500;

/** The entry in which a text is written, where it will stand. Enter places it, Escape does not. */
export function Writer({ work, instruments, writing }: WriterProps): JSX.Element {
  const { t } = useBoardText();
  const entry = useRef<HTMLTextAreaElement>(null);
  const before = useRef<Element | null>(null);
  const done = useRef(false);
  useLayoutEffect(() => {
    before.current = document.activeElement;
    entry.current?.focus();
    entry.current?.select();
  }, []);
  const finish = (keep: boolean) => {
    // The entry loses the focus when it goes.
    if (done.current) return;
    done.current = true;
    const text = entry.current?.value.trim() ?? '';
    instruments.writing.value = null;
    if (keep) write(work, writing, text);
    if (before.current instanceof HTMLElement) before.current.focus();
  };
  return (
    <textarea
      ref={entry}
      class="writer"
      style={{
        left: `${(100 * writing.x) / extent}%`,
        top: `${(100 * writing.y) / extent}%`,
        color: writing.colour,
        fontSize: `${writing.width / 2}cqw`,
      }}
      rows={1}
      maxLength={maxLength}
      aria-label={t('board.writer')}
      aria-describedby="writer-hint"
      placeholder={t('board.writer.hint')}
      defaultValue={writing.text}
      data-testid="writer"
      onPointerDown={(event) => event.stopPropagation()}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') finish(false);
        if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          finish(true);
        }
      }}
    />
  );
}

function write({ drawing }: Work, writing: Writing, text: string): void {
  const { surface, key, x, y, colour, width } = writing;
  if (text === '') {
    const own = drawing.on(surface).filter((shape) => shape.key === key && drawing.isOwn(shape));
    drawing.erase(surface, own);
  } else {
    drawing.draw(surface, { key, tool: 'text', colour, width, points: [x, y], text });
  }
}
