import './tool.css';
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Attendance } from '../../session/attendance.ts';
import { Work } from '../../session/work.ts';
import { Button } from '../../ui/button.tsx';
import { useTitle } from '../../ui/page.tsx';
import { useServices, useText } from '../../ui/services.ts';
import { Panel } from './panel.tsx';
import { ShareControl } from './share.tsx';
import { Stage, type Fitting } from './stage.tsx';
import { StateLine } from './state.tsx';
import { WaitingRoom } from './waiting.tsx';
import { browserDeps } from './wiring.ts';

/** The cooperative work tool, or the waiting room in front of it. */
export function Tool(): JSX.Element {
  const { portal } = useServices();
  const attendance = useMemo(() => new Attendance(browserDeps(portal.api)), [portal]);
  const work = useMemo(() => new Work(attendance), [attendance]);
  useEffect(() => () => work.close(), [work]);
  useLifetime(attendance);
  useSignalEffect(() => {
    const { problem } = attendance.status.value;
    if (problem !== null) portal.refused(problem);
  });
  // Who was in before keeps the last picture in sight.
  const outside = attendance.control.room.value === null;
  if (outside && attendance.status.value.standing === 'lobby') {
    return <WaitingRoom attendance={attendance} />;
  }
  return <Room work={work} />;
}

/** The shared picture, who is there, and what is shared. */
function Room({ work }: { work: Work }): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const { attendance } = work;
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(t('tool.page'));
  useEffect(() => heading.current?.focus(), []);
  const conference = portal.admission.value?.conference;
  return (
    <main class="tool" id="content" tabIndex={-1}>
      <Picture attendance={attendance} onLeave={() => portal.leave()}>
        <h1 ref={heading} tabIndex={-1}>
          {conference?.title || conference?.name}
        </h1>
      </Picture>
      <Panel work={work} />
    </main>
  );
}

interface PictureProps {
  attendance: Attendance;
  onLeave: () => void;
  children: JSX.Element;
}

function Picture({ attendance, onLeave, children }: PictureProps): JSX.Element {
  const t = useText();
  const fitting = useSignal<Fitting>('fit');
  const silenced = useSignal(false);
  const frame = useRef<HTMLDivElement>(null);
  const wantsSound = silenced.value && attendance.viewed.value?.audio;
  return (
    <div class="picture">
      <div class="toolbar top">
        {children}
        <StateLine attendance={attendance} />
      </div>
      <Stage attendance={attendance} fitting={fitting} silenced={silenced} frame={frame} />
      <div class="toolbar bottom">
        <div class="group" role="group" aria-label={t('tool.view')}>
          <Button
            testid="fit"
            icon="fit"
            pressed={fitting.value === 'fit'}
            onClick={() => (fitting.value = 'fit')}
          >
            {t('tool.fit')}
          </Button>
          <Button
            testid="actual"
            icon="actual"
            pressed={fitting.value === 'actual'}
            onClick={() => (fitting.value = 'actual')}
          >
            {t('tool.actual')}
          </Button>
          {fillsScreen() && (
            <Button testid="fullscreen" icon="full" onClick={() => toggleFull(frame.current)}>
              {t('tool.fullscreen')}
            </Button>
          )}
        </div>
        {wantsSound && (
          <Button
            testid="sound"
            icon="sound"
            look="primary"
            onClick={() => {
              silenced.value = false;
            }}
          >
            {t('tool.sound')}
          </Button>
        )}
        <div class="group last">
          <ShareControl attendance={attendance} />
          <Button testid="leave" icon="leave" look="danger" onClick={onLeave}>
            {t('tool.leave')}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** An iPhone shows no element full screen but a video. */
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

function fillsScreen(): boolean {
  return document.fullscreenEnabled || 'webkitEnterFullscreen' in HTMLVideoElement.prototype;
}

function toggleFull(frame: HTMLElement | null): void {
  if (!document.fullscreenEnabled) {
    frame?.querySelector<PhoneVideo>('video')?.webkitEnterFullscreen?.();
    return;
  }
  const leaving = document.fullscreenElement !== null;
  const done = leaving ? document.exitFullscreen() : frame?.requestFullscreen();
  done?.catch(() => {}); // the browser refused: the picture stays where it is
}

/** Opens the attendance with the page, and closes it when the page goes away in any way. */
function useLifetime(attendance: Attendance): void {
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') attendance.wake();
    };
    const hide = () => attendance.close();
    // A page that comes back out of the browser's cache has ended its sessions: it starts anew.
    const show = ({ persisted }: PageTransitionEvent) => {
      if (persisted) location.reload();
    };
    attendance.open();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('pagehide', hide);
    window.addEventListener('pageshow', show);
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('pagehide', hide);
      window.removeEventListener('pageshow', show);
      attendance.close();
    };
  }, [attendance]);
}
