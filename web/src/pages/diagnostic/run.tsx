import type { JSX } from 'preact';
import type { Phase } from '../../session/diagnostic/diagnostic.ts';
import type { Result } from '../../session/diagnostic/result.ts';
import { verdictOf } from '../../session/diagnostic/verdict.ts';
import type { Result as Verdict } from '../../session/report.ts';
import { useCheckText } from '../../text/checks/checks.ts';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import type { Visit } from './visit.ts';
import { foundText, nameText } from './words.ts';
import type { Work } from './work.ts';

const icons: Readonly<Record<Verdict, IconName>> = {
  passed: 'check',
  warning: 'alert',
  failed: 'cross',
  skipped: 'info',
};

/** Starting, stopping, how far it is, and what came of it. */
export function Control({ work, visit }: { work: Work; visit: Visit }): JSX.Element {
  const { t } = useDiagnosticText();
  const { diagnostic } = work;
  const phase = diagnostic.phase.value;
  const running = phase === 'running';
  return (
    <section class="card" aria-label={t('title')} data-testid="diagnostic" data-phase={phase}>
      <p>{t('intro')}</p>
      {visit.inside && (
        <Alert kind="notice" testid="diagnostic-inside">
          <p>{t('intro.inside')}</p>
        </Alert>
      )}
      {phase !== 'ready' && <Progress results={diagnostic.results.value} phase={phase} />}
      <Said work={work} />
      <div class="diagnostic-buttons">
        {/* One button, so that the focus stays on it. */}
        <Button
          testid={running ? 'diagnostic-stop' : 'diagnostic-start'}
          look={phase === 'ready' ? 'primary' : 'secondary'}
          onClick={() => (running ? diagnostic.stop() : void work.start())}
        >
          {t(running ? 'stop' : phase === 'ready' ? 'start' : 'again')}
        </Button>
        {work.testedAt.value !== null && (
          <Button look="primary" testid="diagnostic-to-report" onClick={toReport}>
            {t('send.title')}
          </Button>
        )}
      </div>
    </section>
  );
}

/** The report is below the checks: its heading takes the focus. */
function toReport(): void {
  const heading = document.getElementById('send') ?? document.getElementById('sent');
  heading?.scrollIntoView({ block: 'start' });
  heading?.focus({ preventScroll: true });
}

/** To be looked at; a screen reader hears of the beginning and the end only. */
function Progress({ results, phase }: { results: readonly Result[]; phase: Phase }): JSX.Element {
  const { t } = useDiagnosticText();
  const all = results.length;
  const done = results.filter(({ state }) => state !== 'waiting' && state !== 'running').length;
  return (
    <div class="diagnostic-progress">
      <progress aria-label={t('progress.label')} max={all} value={phase === 'done' ? all : done} />
      <span class="small">{t('progress', { done, all })}</span>
    </div>
  );
}

function Said({ work }: { work: Work }): JSX.Element {
  const { t } = useDiagnosticText();
  const { t: say } = useCheckText();
  const { phase, results } = work.diagnostic;
  const again = results.value.find(({ check }) => check === work.repeated.value);
  const over = work.testedAt.value !== null;
  const verdict = verdictOf(results.value);
  const look = { passed: 'good', warning: 'fair', failed: 'bad', skipped: 'none' } as const;
  return (
    <div class="diagnostic-said" role="status" data-testid="diagnostic-said">
      {phase.value === 'running' && !over && <p>{t('said.running')}</p>}
      {phase.value === 'stopped' && <p>{t('said.stopped')}</p>}
      {again && phase.value !== 'running' && (
        <p class="small">
          {t('check.found', { check: nameText(again, say), found: foundText(again, say) })}
        </p>
      )}
      {over && phase.value !== 'running' && (
        <p
          class={`verdict ${look[verdict]}`}
          data-testid="diagnostic-verdict"
          data-verdict={verdict}
        >
          <Icon name={icons[verdict]} />
          <span>{t(`verdict.${verdict}`)}</span>
        </p>
      )}
    </div>
  );
}
