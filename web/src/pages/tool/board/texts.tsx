import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { drawsOn } from '../../../session/rights.ts';
import { coordinate } from '../../../session/surface.ts';
import type { DrawnShape } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useBoardText, type BoardText } from '../../../text/board/board.ts';
import { Button } from '../../../ui/button.tsx';
import type { Instruments } from './instruments.ts';

/** Parts of the surface that an arrow key moves a text by; with Shift a fine step. */
const steps = { far: 200, fine: 25 };

export interface TextsProps {
  work: Work;
  instruments: Instruments;
}

/**
 * The texts of a surface as a list: for screen readers, and for who moves, changes and erases texts by keys. It comes
 * into sight with the focus.
 */
export function Texts({ work, instruments }: TextsProps): JSX.Element | null {
  const { t } = useBoardText();
  const hint = useId();
  const { drawing, stage } = work;
  const surface = stage.surface.value;
  const texts = drawing.on(surface).filter(({ tool }) => tool === 'text');
  if (texts.length === 0) return null;
  return (
    <section class="texts" aria-label={t('board.texts')} data-testid="texts">
      <p class="small" id={hint}>
        {t('board.texts.hint')}
      </p>
      <ul>
        {texts.map((shape) => (
          <Item
            key={`${shape.participant} ${shape.key}`}
            shape={shape}
            surface={surface}
            hint={hint}
            work={work}
            instruments={instruments}
            t={t}
          />
        ))}
      </ul>
    </section>
  );
}

interface ItemProps extends TextsProps {
  shape: DrawnShape;
  surface: string;
  hint: string;
  t: BoardText['t'];
}

function Item({ shape, surface, hint, work, instruments, t }: ItemProps): JSX.Element {
  const { drawing } = work;
  const own = drawing.isOwn(shape) && drawsOn(surface, work.rights.value);
  const fill = { text: shape.text };
  const move = (dx: number, dy: number) => {
    const [x = 0, y = 0] = shape.points;
    drawing.draw(surface, { ...shaped(shape), points: [coordinate(x + dx), coordinate(y + dy)] });
  };
  return (
    <li data-testid="text-item">
      <span>
        <bdi>{shape.text}</bdi> <bdi class="small">{shape.name}</bdi>
      </span>
      {own && (
        <>
          <button
            type="button"
            class="button"
            data-testid="text-move"
            aria-label={t('board.text.move.label', fill)}
            aria-describedby={hint}
            onKeyDown={(event) => {
              const by = event.shiftKey ? steps.fine : steps.far;
              const way = ways[event.key];
              if (way === undefined) return;
              event.preventDefault();
              event.stopPropagation();
              move(way.x * by, way.y * by);
            }}
          >
            {t('board.text.move')}
          </button>
          <Button
            testid="text-change"
            label={t('board.text.change.label', fill)}
            onClick={() => {
              const [x = 0, y = 0] = shape.points;
              instruments.writing.value = { ...shaped(shape), surface, x, y };
            }}
          >
            {t('board.text.change')}
          </Button>
        </>
      )}
      {(own || work.rights.value.presents) && (
        <Button
          testid="text-erase"
          label={t('board.text.erase.label', fill)}
          onClick={() => drawing.erase(surface, [shape])}
        >
          {t('board.text.erase')}
        </Button>
      )}
    </li>
  );
}

const ways: Readonly<Partial<Record<string, { x: number; y: number }>>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** What its author says of a shape, without what the relay adds. */
function shaped({ key, tool, colour, width, points, text }: DrawnShape) {
  return { key, tool, colour, width, points, text };
}
