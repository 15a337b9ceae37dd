import { useSignal, type Signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import type { StageKind } from '../../session/wire.ts';
import type { Work } from '../../session/work.ts';
import { useBoardText } from '../../text/board/board.ts';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { useServices, useText } from '../../ui/services.ts';
import type { Bench } from './board/bench.ts';
import { useGestures } from './board/hands.ts';
import { Overlay } from './board/overlay.tsx';
import { Texts } from './board/texts.tsx';
import { DocumentSurface } from './documents/surface.tsx';
import { useMeasure, usePlayback, useSamples } from './picture.ts';
import { Preview } from './preview.tsx';
import { mayShare } from './share.tsx';
import { stateText } from './state.tsx';
import { Remedies } from './trouble.tsx';

export interface StageProps {
  work: Work;
  bench: Bench;
  /** The browser plays without sound until the guest asks for it. */
  silenced: Signal<boolean>;
  /** What lies over it. */
  children?: ComponentChildren;
}

/** What is shown: a share, the whiteboard or a document, with what is drawn over it. */
export function Stage({ work, bench, silenced, children }: StageProps): JSX.Element {
  const t = useText();
  const { t: b } = useBoardText();
  const hint = useId();
  const video = useRef<HTMLVideoElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const surfacePlace = useRef<HTMLDivElement>(null);
  const { attendance, stage } = work;
  usePlayback(video, attendance, silenced);
  useSamples(video, attendance);
  useMeasure(video, view, work, bench);
  const hands = useGestures(view, surfacePlace, work, bench);
  const kind = stage.kind.value;
  const surface = stage.surface.value;
  const instrument = bench.instruments.on(surface, work.rights.value);
  const { left, top, width, height } = bench.viewport.place.value;
  const place = { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
  const overlay = (
    <Overlay
      key={surface}
      work={work}
      instruments={bench.instruments}
      surface={surface}
      place={surfacePlace}
    />
  );
  const names: Readonly<Record<StageKind, string>> = {
    share: t('tool.stage'),
    board: b('stage.board'),
    document: stage.document.value?.name || b('stage.document'),
  };
  const moves = bench.viewport.movable.value ? 'movable' : '';
  return (
    <div
      class={`stage ${attendance.status.value.standing}`}
      role="region"
      aria-label={b('stage.label')}
    >
      {/* Moved with the arrow keys when the picture is larger than its place. */}
      <div
        ref={(element) => {
          view.current = element;
          bench.view = element;
        }}
        class={`view ${instrument} ${moves}`}
        data-testid="view"
        data-instrument={instrument}
        data-kind={kind}
        tabIndex={0}
        role="group"
        aria-label={names[kind]}
        aria-describedby={hint}
        {...hands}
      >
        <div class="paper" style={place} data-testid="picture" data-hidden={kind !== 'share'}>
          <video ref={video} data-testid="video" playsInline autoPlay />
          {kind === 'share' && surface !== '' && overlay}
        </div>
        {kind === 'board' && (
          <div class="paper white" style={place} data-testid="whiteboard">
            {overlay}
          </div>
        )}
        {kind === 'document' && stage.document.value !== null && (
          <div class="paper" style={place} data-testid="document">
            <DocumentSurface
              work={work}
              document={stage.document.value.id}
              page={stage.document.value.page}
              overlay={overlay}
            />
          </div>
        )}
      </div>
      <p class="said" id={hint}>
        {b('stage.hint')}
      </p>
      {children}
      <Texts work={work} instruments={bench.instruments} />
      <Standing work={work} kind={kind} />
    </div>
  );
}

const drawings: Readonly<Partial<Record<string, IconName>>> = {
  waiting: 'screen',
  frozen: 'alert',
};

interface StandingProps {
  work: Work;
  kind: StageKind;
}

/** What lies over the picture: nothing while it is live. */
function Standing({ work, kind }: StandingProps): JSX.Element | null {
  const { texts } = useServices();
  const t = useText();
  const { t: b } = useBoardText();
  const { attendance } = work;
  const mirrored = useSignal('');
  const status = attendance.status.value;
  const share = attendance.viewed.value;
  const own = share !== null && share.participant === attendance.control.room.value?.self;
  // The whiteboard and documents go on whatever becomes of the picture.
  const lost = status.standing === 'reconnecting' && status.reason === 'control';
  if (kind !== 'share' && !lost) return null;
  if (status.standing === 'live') {
    if (!own || share === null || mirrored.value === share.id) return null;
    return (
      <div class="overlay full">
        <Preview attendance={attendance} />
        <p class="overlay-title">{t('tool.own', { label: share.label })}</p>
        <p>{t('tool.own.text')}</p>
        <Button testid="own-show" onClick={() => (mirrored.value = share.id)}>
          {t('tool.own.show')}
        </Button>
      </div>
    );
  }
  // The last picture stays in sight while the connection comes back.
  const strip = ['reconnecting', 'frozen', 'lobby'].includes(status.standing);
  const drawing = drawings[status.standing];
  return (
    <div class={strip ? 'overlay strip' : 'overlay full'} data-testid="overlay">
      {drawing ? <Icon name={drawing} /> : <span class="spinner" aria-hidden="true" />}
      {/* The state line announces the same words. */}
      <p key={status.standing + status.reason} class="overlay-title" aria-hidden="true">
        {stateText(status, share, t, texts.language.value)}
      </p>
      <Remedies status={status} />
      {status.standing === 'waiting' && mayShare(attendance) && <p>{b('stage.yours')}</p>}
    </div>
  );
}
