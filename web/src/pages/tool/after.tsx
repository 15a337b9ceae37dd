import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Reason, Standing, Status } from '../../session/attendance.ts';
import type { Work } from '../../session/work.ts';
import { useBoardText, type BoardText } from '../../text/board/board.ts';
import { Bridges } from '../../ui/bridges.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { useTitle } from '../../ui/page.tsx';
import { useServices, useText } from '../../ui/services.ts';
import { stateText } from './state.tsx';

/** Why it is over here. */
type End = 'ended' | 'missed' | 'removed' | 'replaced' | 'locked' | 'refused';

const drawings: Readonly<Record<End, IconName>> = {
  ended: 'check',
  missed: 'check',
  removed: 'leave',
  replaced: 'screen',
  locked: 'info',
  refused: 'info',
};

export function isOver({ standing }: Status): boolean {
  return ['ended', 'removed', 'replaced'].includes(standing);
}

function endOf(standing: Standing, reason: Reason): End {
  if (standing === 'removed' || standing === 'replaced') return standing;
  return reason === 'locked' || reason === 'refused' || reason === 'missed' ? reason : 'ended';
}

export interface AfterProps {
  work: Work;
  /** What can be kept of the conference. */
  children?: ComponentChildren;
}

/** The last page of a conference: what has happened, and what one can do next. */
export function After({ work, children }: AfterProps): JSX.Element {
  const { portal, texts } = useServices();
  const t = useText();
  const { t: b } = useBoardText();
  const heading = useRef<HTMLHeadingElement>(null);
  const { attendance } = work;
  const status = attendance.status.value;
  const end = endOf(status.standing, status.reason);
  const title = b(`after.${end}`);
  useTitle(title);
  useEffect(() => heading.current?.focus(), []);
  const conference = portal.admission.value?.conference;
  // Who was never in has nothing to keep; who is out may still hear the others.
  const was = attendance.control.room.value !== null;
  const calls = (end === 'locked' || end === 'replaced') && conference !== undefined;
  return (
    <main class="page after" id="content" tabIndex={-1} data-testid="after" data-end={end}>
      <header class="page-head">
        <Icon name={drawings[end]} />
        <p class="eyebrow">{conference?.title || conference?.name}</p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p
          class="lead"
          role="status"
          data-testid="tool-state"
          data-state={status.standing}
          data-reason={status.reason}
        >
          {end === 'locked' || end === 'ended' || end === 'missed'
            ? b(`after.${end}.text`)
            : stateText(status, null, t, texts.language.value)}
        </p>
        <p>{b(`after.${end}.next`)}</p>
      </header>
      <div class="after-deeds">
        <Deeds
          end={end}
          t={b}
          onBack={() => portal.leave()}
          back={t('state.back')}
          here={t('state.replaced.here')}
        />
      </div>
      {was && children}
      {calls && (
        <section class="card" aria-labelledby="after-voice">
          <h2 id="after-voice">{t('conference.bridges')}</h2>
          <Bridges bridges={conference.bridges} />
        </section>
      )}
    </main>
  );
}

interface DeedsProps {
  end: End;
  t: BoardText['t'];
  back: string;
  here: string;
  onBack: () => void;
}

function Deeds({ end, t, back, here, onBack }: DeedsProps): JSX.Element {
  const again = end === 'replaced' || end === 'locked';
  return (
    <>
      {again && (
        <Button look="primary" testid="here" onClick={() => location.reload()}>
          {end === 'locked' ? t('after.again') : here}
        </Button>
      )}
      <Button look={again ? 'secondary' : 'primary'} testid="back" onClick={onBack}>
        {back}
      </Button>
    </>
  );
}
