import { useSignal, useSignalEffect, type Signal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Attendance } from '../../session/attendance.ts';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { useServices, useText } from '../../ui/services.ts';
import { isBlack } from './sample.ts';
import { stateText } from './state.tsx';

export type Fitting = 'fit' | 'actual';

export interface StageProps {
  attendance: Attendance;
  fitting: Signal<Fitting>;
  /** The browser plays without sound until the guest asks for it. */
  silenced: Signal<boolean>;
  frame: RefObject<HTMLDivElement | null>;
}

const lookEvery = 1000;

export function Stage({ attendance, fitting, silenced, frame }: StageProps): JSX.Element {
  const t = useText();
  const video = useRef<HTMLVideoElement>(null);
  usePlayback(video, attendance, silenced);
  useActualSize(video, fitting);
  useSamples(video, attendance);
  return (
    <div
      ref={frame}
      class={`stage ${fitting.value} ${attendance.status.value.standing}`}
      role="region"
      aria-label={t('tool.stage')}
    >
      {/* Scrolled with the arrow keys when the picture is larger than its place. */}
      <div class="view" tabIndex={0} role="group" aria-label={t('tool.stage')}>
        <video ref={video} data-testid="video" playsInline autoPlay />
      </div>
      <Overlay attendance={attendance} />
    </div>
  );
}

const drawings: Readonly<Partial<Record<string, IconName>>> = {
  waiting: 'screen',
  ended: 'check',
  removed: 'info',
  replaced: 'info',
  frozen: 'alert',
};

/** What lies over the picture: nothing while it is live. */
function Overlay({ attendance }: { attendance: Attendance }): JSX.Element | null {
  const { portal, texts } = useServices();
  const t = useText();
  const mirrored = useSignal('');
  const status = attendance.status.value;
  const share = attendance.viewed.value;
  const own = share !== null && share.participant === attendance.control.room.value?.self;
  if (status.standing === 'live') {
    if (!own || share === null || mirrored.value === share.id) return null;
    return (
      <div class="overlay full">
        <Icon name="share" />
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
  const over = status.standing === 'ended' || status.standing === 'removed';
  return (
    <div class={strip ? 'overlay strip' : 'overlay full'} data-testid="overlay">
      {drawing ? <Icon name={drawing} /> : <span class="spinner" aria-hidden="true" />}
      {/* The state line announces the same words. */}
      <p class="overlay-title" aria-hidden="true">
        {stateText(status, share, t, texts.language.value)}
      </p>
      {status.standing === 'replaced' && (
        <Button look="primary" testid="here" onClick={() => location.reload()}>
          {t('state.replaced.here')}
        </Button>
      )}
      {over && (
        <Button look="primary" testid="back" onClick={() => portal.leave()}>
          {t('state.back')}
        </Button>
      )}
    </div>
  );
}

function usePlayback(
  video: RefObject<HTMLVideoElement | null>,
  attendance: Attendance,
  silenced: Signal<boolean>,
): void {
  useSignalEffect(() => {
    const stream = attendance.viewer.stream.value;
    const element = video.current;
    if (element === null || stream === null) return;
    element.srcObject = stream;
    element.muted = silenced.peek();
    element.play().catch((cause: unknown) => {
      // Without a click on this page (a reload) the browser plays only what is silent.
      if (!(cause instanceof DOMException) || cause.name !== 'NotAllowedError') return;
      silenced.value = true;
      element.play().catch(() => {});
    });
  });
  useSignalEffect(() => {
    if (video.current !== null) video.current.muted = silenced.value;
  });
}

/** One point of the shared screen on one point of this one. */
function useActualSize(video: RefObject<HTMLVideoElement | null>, fitting: Signal<Fitting>): void {
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    const measure = () => {
      const actual = fitting.value === 'actual' && element.videoWidth > 0;
      element.style.width = actual ? `${element.videoWidth / devicePixelRatio}px` : '';
    };
    const stop = fitting.subscribe(measure);
    element.addEventListener('resize', measure);
    window.addEventListener('resize', measure);
    return () => {
      stop();
      element.removeEventListener('resize', measure);
      window.removeEventListener('resize', measure);
    };
  }, [video, fitting]);
}

/** Marks the first shown frame, and looks about once a second whether the picture is black. */
function useSamples(video: RefObject<HTMLVideoElement | null>, attendance: Attendance): void {
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    let frames = 0;
    const shown = () => {
      if (frames++ === 0) performance.mark('coopnet:first-frame');
      again = element.requestVideoFrameCallback?.(shown) ?? 0;
    };
    let again = element.requestVideoFrameCallback?.(shown) ?? 0;
    const timer = setInterval(() => {
      const visible = document.visibilityState === 'visible' && element.readyState >= 2;
      const live = attendance.viewer.link.state.peek().phase === 'connected';
      attendance.look(visible && live ? isBlack(element) : null);
    }, lookEvery);
    return () => {
      clearInterval(timer);
      element.cancelVideoFrameCallback?.(again);
      element.srcObject = null;
    };
  }, [video, attendance]);
}
