import type { ComponentChildren, JSX } from 'preact';
import type { StageKind } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useBoardText, type BoardText } from '../../../text/board/board.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon, type IconName } from '../../../ui/icons.tsx';
import type { Bench } from './bench.ts';

const drawings: Readonly<Record<StageKind, IconName>> = {
  share: 'screen',
  board: 'board',
  document: 'file',
};

export interface SegmentsProps {
  work: Work;
  bench: Bench;
}

export interface LookProps {
  work: Work;
  /** What stands beside them. */
  children: ComponentChildren;
}

/** What there is to look at; a point marks what the conference shows. */
export function Segments({ work, children }: LookProps): JSX.Element {
  const { t } = useBoardText();
  const { stage } = work;
  const shown = stage.shown.value.kind;
  const document = stage.document.value;
  const kinds: StageKind[] =
    document === null ? ['share', 'board'] : ['share', 'board', 'document'];
  return (
    <div class="segments" role="group" aria-label={t('stage.label')} data-testid="segments">
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          class="segment"
          data-testid={`look-${kind}`}
          data-shown={kind === shown}
          aria-pressed={stage.kind.value === kind}
          aria-label={kind === shown ? t('stage.shown', { what: t(`stage.${kind}`) }) : undefined}
          title={kind === 'document' ? document?.name : undefined}
          onClick={() => stage.pick(kind)}
        >
          <Icon name={drawings[kind]} />
          <span>{t(`stage.${kind}`)}</span>
        </button>
      ))}
      {children}
    </div>
  );
}

/** For who looks elsewhere: what the others see, and the ways to see the same. */
export function Elsewhere({ work, bench }: SegmentsProps): JSX.Element {
  const { t } = useBoardText();
  const { stage, attendance } = work;
  const away = !stage.following.value && attendance.control.room.value !== null;
  const room = attendance.control.room.value;
  const showThis = () => {
    const kind = stage.kind.peek();
    const document = stage.document.peek();
    if (kind === 'document' && document !== null) stage.show(document);
    else stage.show({ kind, id: kind === 'share' ? room?.selected || room?.current || '' : '' });
    bench.view?.focus();
  };
  const showable = stage.surface.value !== '' && work.rights.value.presents;
  return (
    <div class={away ? 'elsewhere' : 'elsewhere none'}>
      <p role="status" data-testid="elsewhere" data-kind={stage.kind.value}>
        {away && whereabouts(work, t)}
      </p>
      {away && (
        <>
          <Button
            testid="follow-presenter"
            look="primary"
            onClick={() => {
              stage.follow();
              // The button goes with what it says.
              bench.view?.focus();
            }}
          >
            {t('stage.follow')}
          </Button>
          {showable && (
            <Button testid="show-this" icon="all" onClick={showThis}>
              {t('stage.show')}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function whereabouts({ stage, attendance }: Work, t: BoardText['t']): string {
  const { kind, id, name } = stage.shown.value;
  const room = attendance.control.room.value;
  switch (kind) {
    case 'board':
      return t('stage.others.board');
    case 'document':
      return t('stage.others.document', { name });
    case 'share': {
      const share = room?.publications.find((publication) => publication.id === id);
      if (share === undefined) return t('stage.others.none');
      return t('stage.others.share', { name: share.name, label: share.label });
    }
  }
}
