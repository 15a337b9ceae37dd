import type { JSX } from 'preact';
import { isOlder, type Launching } from '../../session/launch.ts';
import { useLaunchText, type LaunchText } from '../../text/launch/launch.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { problemText } from '../../ui/problems.ts';
import { useServices, useText } from '../../ui/services.ts';
import type { Joining } from './joining.ts';
import { Guide } from './guide.tsx';
import { Asks } from './pictures.tsx';

export interface ProgressProps {
  joining: Joining;
}

/** From the click to the software: what happens now, and what to do where nothing does. */
export function Progress({ joining }: ProgressProps): JSX.Element {
  const { t } = useLaunchText();
  const { portal } = useServices();
  const state = joining.launch.state.value;
  const started = state.phase === 'started';
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
      <Deeds joining={joining} />
      {state.phase === 'opened' && !state.late && (
        <Asks family={joining.family} text={t(`ask.${joining.family}`)} />
      )}
      {state.phase === 'opened' && state.late && <Guide joining={joining} />}
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
    case 'started':
      return state.version === ''
        ? t('progress.started')
        : t('progress.started.version', { version: state.version });
    default:
      return t(`progress.${state.phase}`);
  }
}

/** What can be pressed next. */
function Deeds({ joining }: ProgressProps): JSX.Element | null {
  const { t } = useLaunchText();
  const { launch } = joining;
  const state = launch.state.value;
  switch (state.phase) {
    case 'ready':
    case 'opened':
      return (
        <p>
          {/* A real link: what it opens is the browser's business, and needs the click itself. */}
          <a
            class={state.phase === 'ready' || state.late ? 'button primary' : 'button secondary'}
            href={state.address}
            data-testid="launch-open"
            onClick={() => launch.opened()}
          >
            {t(state.phase === 'ready' ? 'start' : 'again')}
          </a>
        </p>
      );
    case 'expired':
      return <Again joining={joining} />;
    case 'failed':
      return <Failed joining={joining} problem={state.problem} />;
    case 'started':
      return <Started joining={joining} version={state.version} />;
    default:
      return null;
  }
}

function Again({ joining }: ProgressProps): JSX.Element {
  const { t } = useLaunchText();
  return (
    <p>
      <Button testid="launch-again" look="primary" onClick={() => void joining.start()}>
        {t('again')}
      </Button>
    </p>
  );
}

type Failing = Extract<Launching, { phase: 'failed' }>;

function Failed({ joining, problem }: ProgressProps & Pick<Failing, 'problem'>): JSX.Element {
  const { texts } = useServices();
  const t = useText();
  const { t: say } = useLaunchText();
  const closed = problem.code === 'conference-denied' || problem.code === 'unauthenticated';
  return (
    <>
      <Alert kind="refusal" testid="launch-refusal">
        <p>{closed ? say('closed') : problemText(problem, t, texts.language.value)}</p>
      </Alert>
      <Again joining={joining} />
    </>
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
      </div>
    </>
  );
}
