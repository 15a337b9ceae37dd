import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { isOlder, type Launching } from '../../session/launch.ts';
import type { Problem } from '../../session/problem.ts';
import { useLaunchText, type LaunchText } from '../../text/launch/launch.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { problemText } from '../../ui/problems.ts';
import { useServices, useText } from '../../ui/services.ts';
import type { Joining } from './joining.ts';
import { Guide, Question } from './guide.tsx';

export interface ProgressProps {
  joining: Joining;
}

/** From the click to the software: what happens now, and what to do where nothing does. */
export function Progress({ joining }: ProgressProps): JSX.Element {
  const { t } = useLaunchText();
  const { portal } = useServices();
  const state = joining.launch.state.value;
  const started = state.phase === 'started';
  const helped = useHelped(state);
  const problem = state.phase === 'failed' ? state.problem : null;
  // Who is not known any more says first who they are, or which conference it is.
  useEffect(() => {
    if (problem !== null) portal.refused(problem);
  }, [portal, problem]);
  return (
    <section class="card launch" aria-labelledby="launch-title" data-testid="launch">
      <h2 id="launch-title">{t(started ? 'started.title' : 'launch.title')}</h2>
      <p
        class={`launch-state ${state.phase}`}
        role="status"
        data-testid="launch-state"
        data-phase={state.phase}
        data-late={state.phase === 'opened' && state.late}
      >
        <Sign state={state} />
        <span>{progressText(state, t)}</span>
      </p>
      {problem !== null && <Refusal problem={problem} />}
      {started ? (
        <Started joining={joining} version={state.version} />
      ) : (
        <Open joining={joining} state={state} />
      )}
      {state.phase === 'opened' && !helped && <Question joining={joining} />}
      {helped && !started && <Guide joining={joining} old={state.phase === 'old'} />}
      {!started && (
        <p class="launch-without">
          <Button
            testid="launch-browser"
            icon="globe"
            onClick={() => portal.router.go('/conference')}
          >
            {t('without')}
          </Button>
        </p>
      )}
    </section>
  );
}

/** Whether somebody needs help: it stays in sight while they try again. */
function useHelped(state: Launching): boolean {
  const helped = useSignal(false);
  const needed =
    state.phase === 'old' || state.phase === 'expired' || (state.phase === 'opened' && state.late);
  useEffect(() => {
    if (needed) helped.value = true;
    if (state.phase === 'started') helped.value = false;
  }, [needed, state.phase, helped]);
  return helped.value || needed;
}

function Sign({ state }: { state: Launching }): JSX.Element {
  if (state.phase === 'started') return <Icon name="check" />;
  const busy = state.phase === 'asking' || (state.phase === 'opened' && !state.late);
  return busy ? <span class="spinner" aria-hidden="true" /> : <Icon name="info" />;
}

/** Also read out: one sentence for each step. */
function progressText(state: Launching, t: LaunchText['t']): string {
  switch (state.phase) {
    case 'idle':
    case 'asking':
      return t('progress.asking');
    case 'opened':
      return t(state.late ? 'progress.late' : 'progress.opened');
    case 'old':
      return t('progress.old', { version: state.version });
    case 'started':
      return state.version === ''
        ? t('progress.started')
        : t('progress.started.version', { version: state.version });
    default:
      return t(`progress.${state.phase}`);
  }
}

/** One button for every step, so that the focus stays on it. */
function Open({ joining, state }: ProgressProps & { state: Launching }): JSX.Element {
  const { t } = useLaunchText();
  const { phase } = state;
  const first = phase === 'idle' || phase === 'asking' || phase === 'ready';
  const quiet = phase === 'opened' && !state.late;
  return (
    <p>
      <Button
        testid="launch-open"
        look={quiet ? 'secondary' : 'primary'}
        busy={phase === 'asking'}
        onClick={() => void joining.start()}
      >
        {t(first ? 'start' : 'again')}
      </Button>
    </p>
  );
}

function Refusal({ problem }: { problem: Problem }): JSX.Element {
  const { texts } = useServices();
  const t = useText();
  const { t: say } = useLaunchText();
  const closed = problem.code === 'conference-denied';
  return (
    <Alert kind="refusal" testid="launch-refusal">
      <p>{closed ? say('closed') : problemText(problem, t, texts.language.value)}</p>
    </Alert>
  );
}

function Started({ joining, version }: ProgressProps & { version: string }): JSX.Element {
  const { portal } = useServices();
  const { t } = useLaunchText();
  const offer = joining.offer.value;
  const newest = offer.kind === 'some' ? offer.release.version : '';
  return (
    <>
      {version !== '' && newest !== '' && isOlder(version, newest) && (
        <p data-testid="launch-newer">{t('started.newer', { version: newest })}</p>
      )}
      <p>{t('started.text')}</p>
      <div class="launch-deeds">
        <Button
          testid="launch-numbers"
          icon="phone"
          onClick={() => portal.router.go('/conference')}
        >
          {t('started.numbers')}
        </Button>
        <Button
          testid="launch-watch"
          icon="screen"
          onClick={() => {
            performance.mark('coopnet:submit');
            portal.router.go('/tool');
          }}
        >
          {t('started.watch')}
        </Button>
        <Button testid="launch-anew" look="quiet" onClick={() => void joining.start()}>
          {t('started.anew')}
        </Button>
      </div>
    </>
  );
}
