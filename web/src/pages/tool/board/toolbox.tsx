import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { drawsOn } from '../../../session/rights.ts';
import { board } from '../../../session/surface.ts';
import type { Work } from '../../../session/work.ts';
import { useBoardText, type BoardText } from '../../../text/board/board.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import type { IconName } from '../../../ui/icons.tsx';
import { saveFile } from '../../../ui/save.ts';
import { Menu } from '../../../ui/menu.tsx';
import { boardPng, boardSvg } from './export.ts';
import {
  allowed,
  colours,
  widths,
  type Colour,
  type Instrument,
  type Instruments,
  type Width,
} from './instruments.ts';
import { ToolButton } from './toolbutton.tsx';

const drawings: Readonly<Record<Instrument, IconName>> = {
  hand: 'hand',
  pointer: 'pointer',
  pen: 'pen',
  marker: 'marker',
  line: 'line',
  arrow: 'arrow',
  rectangle: 'rectangle',
  ellipse: 'ellipse',
  text: 'letters',
  eraser: 'eraser',
};

export interface ToolboxProps {
  work: Work;
  instruments: Instruments;
}

/** What one can take in the hand over this surface; the arrow keys go from button to button, too. */
export function Toolbox({ work, instruments }: ToolboxProps): JSX.Element | null {
  const { t } = useBoardText();
  const bar = useRef<HTMLDivElement>(null);
  const surface = work.stage.surface.value;
  const rights = work.rights.value;
  const tools = allowed(surface, rights);
  if (tools.length < 2) return null;
  const draws = drawsOn(surface, rights);
  const inHand = instruments.on(surface, rights);
  return (
    <div
      ref={bar}
      class="toolbox"
      role="toolbar"
      aria-label={t('board.tools')}
      data-testid="toolbox"
      onKeyDown={(event) => walk(event, bar.current)}
    >
      <div class="tools" role="group" aria-label={t('board.tools.hand')}>
        {tools.map((tool) => (
          <ToolButton
            key={tool}
            testid={`tool-${tool}`}
            icon={drawings[tool]}
            label={t(`board.tool.${tool}`)}
            pressed={inHand === tool}
            onClick={() => (instruments.instrument.value = tool)}
          />
        ))}
      </div>
      {draws && <Look instruments={instruments} t={t} />}
      {draws && <Deeds work={work} surface={surface} t={t} />}
      {/* Said as soon as it happens. */}
      <p class="small refusal" role="status" data-testid="board-refusal">
        {refusalText(work.drawing.refusal.value, t)}
      </p>
    </div>
  );
}

function refusalText(code: string, t: BoardText['t']): string {
  if (code === '') return '';
  return t(code === 'conflict' ? 'board.full' : 'board.refused');
}

/** Colour and width. */
function Look({ instruments, t }: { instruments: Instruments; t: BoardText['t'] }): JSX.Element {
  return (
    <>
      <div class="tools" role="group" aria-label={t('board.colour')}>
        {(Object.keys(colours) as Colour[]).map((colour) => (
          <ToolButton
            key={colour}
            testid={`colour-${colour}`}
            icon={<span class="swatch" style={{ background: colours[colour] }} />}
            label={t(`board.colour.${colour}`)}
            pressed={instruments.colour.value === colour}
            onClick={() => (instruments.colour.value = colour)}
          />
        ))}
      </div>
      <div class="tools" role="group" aria-label={t('board.width')}>
        {(Object.keys(widths) as Width[]).map((width) => (
          <ToolButton
            key={width}
            testid={`width-${width}`}
            icon={<span class="thickness" style={{ height: `${1 + widths[width]}px` }} />}
            label={t(`board.width.${width}`)}
            pressed={instruments.width.value === width}
            onClick={() => (instruments.width.value = width)}
          />
        ))}
      </div>
    </>
  );
}

interface DeedsProps {
  work: Work;
  surface: string;
  t: BoardText['t'];
}

/** Take back, clear, keep. */
function Deeds({ work, surface, t }: DeedsProps): JSX.Element {
  const asking = useSignal(false);
  const { drawing } = work;
  const shapes = drawing.on(surface);
  const empty = shapes.length === 0;
  return (
    <div class="tools" role="group" aria-label={t('board.deeds')}>
      <ToolButton
        testid="undo"
        icon="undo"
        label={t('board.undo')}
        keys={t('board.key.undo')}
        disabled={!shapes.some((shape) => drawing.isOwn(shape))}
        onClick={() => drawing.undo(surface)}
      />
      {work.rights.value.presents && (
        <ToolButton
          testid="clear"
          icon="clear"
          label={t('board.clear')}
          disabled={empty}
          onClick={() => (asking.value = true)}
        />
      )}
      {surface === board && (
        <Menu
          testid="board-save"
          icon="download"
          label={t('board.save')}
          items={[
            { id: 'png', label: t('board.png'), onSelect: () => void keepPng(work, t) },
            {
              id: 'svg',
              label: t('board.svg'),
              onSelect: () => saveFile(boardSvg(drawing.on(board)), t('board.file.svg')),
            },
          ]}
        />
      )}
      {asking.value && (
        <ClearDialog
          t={t}
          onClose={() => (asking.value = false)}
          onClear={() => {
            asking.value = false;
            drawing.clear(surface);
          }}
        />
      )}
    </div>
  );
}

interface ClearDialogProps {
  t: BoardText['t'];
  onClose: () => void;
  onClear: () => void;
}

function ClearDialog({ t, onClose, onClear }: ClearDialogProps): JSX.Element {
  return (
    <Dialog title={t('board.clear.title')} onClose={onClose}>
      <div class="asking">
        <p>{t('board.clear.text')}</p>
        <div class="dialog-buttons">
          <Button testid="clear-cancel" onClick={onClose}>
            {t('board.cancel')}
          </Button>
          <Button testid="clear-yes" look="danger" onClick={onClear}>
            {t('board.clear.yes')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

async function keepPng({ drawing }: Work, t: BoardText['t']): Promise<void> {
  const picture = await boardPng(drawing.on(board));
  if (picture !== null) saveFile(picture, t('board.file.png'));
}

/** Arrow keys, Home and End go from button to button. */
function walk(event: KeyboardEvent, bar: HTMLElement | null): void {
  const steps: Partial<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
  const step = steps[event.key];
  const ends = event.key === 'Home' || event.key === 'End';
  if (bar === null || (step === undefined && !ends)) return;
  const buttons = [...bar.querySelectorAll<HTMLElement>('button')];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  event.stopPropagation();
  if (ends) buttons.at(event.key === 'Home' ? 0 : -1)?.focus();
  else buttons.at((at + (step ?? 0)) % buttons.length)?.focus();
}
