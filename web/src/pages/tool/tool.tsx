import './tool.css';
import './board/board.css';
import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Attendance } from '../../session/attendance.ts';
import { TalkMemory } from '../../session/talkmemory.ts';
import { Work } from '../../session/work.ts';
import { browserStorage } from '../../browserstorage.ts';
import { Button } from '../../ui/button.tsx';
import { useTitle } from '../../ui/page.tsx';
import { useServices, useText } from '../../ui/services.ts';
import { Skeleton } from '../../ui/surface.tsx';
import { After, isOver } from './after.tsx';
import { Bench } from './board/bench.ts';
import { KeyList } from './board/keylist.tsx';
import { useKeys } from './board/usekeys.ts';
import { Elsewhere, Segments } from './board/segments.tsx';
import { documentParts } from './documents/wiring.ts';
import { useRest, type Rest } from './late.ts';
import { Offered } from './offered.tsx';
import { ShareControl } from './share.tsx';
import { Stage } from './stage.tsx';
import { StateLine } from './state.tsx';
import { KeepChat } from './talk/keep.tsx';
import { WaitingRoom } from './waiting.tsx';
import { browserDeps } from './wiring.ts';

/** The cooperative work tool, or the waiting room in front of it. */
export function Tool(): JSX.Element {
  const { portal, outside: browser } = useServices();
  const attendance = useMemo(() => new Attendance(browserDeps(portal.api)), [portal]);
  const { session } = browser;
  const work = useMemo(
    () =>
      new Work(attendance, documentParts(), new TalkMemory(session), (presenter) =>
        portal.api.controlToken(presenter),
      ),
    [attendance, session, portal],
  );
  useEffect(() => () => work.close(), [work]);
  useLifetime(attendance);
  useSignalEffect(() => {
    const { problem } = attendance.status.value;
    if (problem !== null) portal.refused(problem);
  });
  // Who was in before keeps the last picture in sight.
  const outside = attendance.control.room.value === null;
  const status = attendance.status.value;
  if (outside && status.standing === 'lobby') return <WaitingRoom attendance={attendance} />;
  if (isOver(status)) {
    return (
      <After work={work}>
        <KeepChat work={work} />
      </After>
    );
  }
  return <Room work={work} />;
}

/** The shared picture, who is there, and what is shared. */
function Room({ work }: { work: Work }): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const bench = useMemo(() => new Bench(browserStorage('localStorage')), []);
  const rest = useRest(work);
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(t('tool.page'));
  useEffect(() => bench.screen.watch(), [bench]);
  useEffect(() => heading.current?.focus(), []);
  const conference = portal.admission.value?.conference;
  return (
    <main class={bench.beside.value ? 'tool' : 'tool alone'} id="content" tabIndex={-1}>
      <Picture work={work} rest={rest} bench={bench} onLeave={() => portal.leave()}>
        <h1 ref={heading} tabIndex={-1}>
          {conference?.title || conference?.name}
        </h1>
      </Picture>
      <div class="beside" hidden={!bench.beside.value}>
        {rest === null ? <Waiting /> : <rest.Panel work={work} />}
      </div>
      <KeyList bench={bench} />
      <Offered work={work} />
    </main>
  );
}

function Waiting(): JSX.Element {
  return (
    <aside class="panel">
      <Skeleton lines={6} />
    </aside>
  );
}

interface PictureProps {
  work: Work;
  rest: Rest | null;
  bench: Bench;
  onLeave: () => void;
  children: JSX.Element;
}

function Picture({ work, rest, bench, onLeave, children }: PictureProps): JSX.Element {
  const t = useText();
  const { attendance } = work;
  const silenced = useSignal(false);
  useKeys(work, bench);
  const wantsSound = silenced.value && attendance.viewed.value?.audio;
  return (
    <div
      class={bench.screen.idle.value ? 'picture idle' : 'picture'}
      ref={(element) => {
        bench.frame = element;
      }}
    >
      <div class="toolbar top">
        {children}
        <Segments work={work}>
          {rest !== null && <rest.ShowBoard work={work} bench={bench} />}
        </Segments>
        <StateLine work={work} />
      </div>
      <Elsewhere work={work} bench={bench} />
      {rest !== null && <rest.ControlStrip work={work} bench={bench} />}
      <Stage work={work} bench={bench} silenced={silenced}>
        {rest !== null && <rest.ControlSurface work={work} bench={bench} />}
      </Stage>
      {rest !== null && bench.toolsShown(work.stage.surface.value) && (
        <rest.Toolbox work={work} instruments={bench.instruments} />
      )}
      {rest !== null && <rest.PageTurner work={work} />}
      <div class="toolbar bottom">
        {rest === null ? <div class="group waits" /> : <rest.Viewbar work={work} bench={bench} />}
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
          {rest === null ? (
            <span class="button secondary only-icon small-button later" aria-hidden="true" />
          ) : (
            <rest.HandButton people={work.people} small />
          )}
          <ShareControl work={work}>
            {rest !== null && <rest.HandoverControl work={work} />}
          </ShareControl>
          <Button testid="leave" icon="leave" look="danger" onClick={onLeave}>
            {t('tool.leave')}
          </Button>
        </div>
      </div>
    </div>
  );
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
