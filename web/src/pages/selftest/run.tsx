import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { runQuick, type Result } from '../../session/diagnostic/quick.ts';
import type { State } from '../../session/diagnostic/result.ts';
import { useCheckText } from '../../text/checks/checks.ts';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { Link } from '../../ui/link.tsx';
import { useServices } from '../../ui/services.ts';
import { quickDeps } from '../diagnostic/wiring.ts';
import { adviceText, foundText, nameText } from '../diagnostic/words.ts';
import type { RunProps } from './selftest.tsx';

export type Verdict = 'running' | 'good' | 'warn' | 'bad';

/** What it means for a conference. Skipped is what another finding has made pointless. */
export function verdictOf(results: readonly Result[], done: boolean): Verdict {
  if (!done) return 'running';
  const states = new Set<State>(results.map(({ state }) => state));
  if (states.has('failed')) return 'bad';
  return states.has('warning') || states.has('skipped') ? 'warn' : 'good';
}

/** Runs the quick test once, for as long as it is drawn. */
export function Run({ onDone }: RunProps): JSX.Element {
  const { outside } = useServices();
  const { t } = useEntranceText();
  const results = useSignal<readonly Result[]>([]);
  const done = useSignal(false);
  useEffect(() => {
    const stop = new AbortController();
    void runQuick(quickDeps(outside), (now) => (results.value = now), stop.signal).then((all) => {
      if (stop.signal.aborted) return;
      results.value = all;
      done.value = true;
      onDone();
    });
    return () => stop.abort();
    // Once: the button draws it anew.
  }, [outside]);
  const verdict = verdictOf(results.value, done.value);
  const finished = results.value.filter(({ state }) => state !== 'waiting' && state !== 'running');
  return (
    <>
      <p
        role="status"
        class={verdict === 'good' || verdict === 'running' ? `verdict ${verdict}` : 'verdict bad'}
        data-testid="selftest-verdict"
        data-verdict={verdict}
      >
        {verdict === 'running' ? (
          <>
            <span class="spinner" aria-hidden="true" />{' '}
            <span aria-hidden="true">
              {t('test.running', { done: finished.length, all: results.value.length || 6 })}
            </span>
          </>
        ) : (
          <>
            <Icon name={verdict === 'good' ? 'check' : 'alert'} /> {t(`test.${verdict}`)}
          </>
        )}
      </p>
      <ul class="findings" data-testid="selftest-findings">
        {results.value.map((result) => (
          <Line key={result.check} result={result} />
        ))}
      </ul>
      {done.value && verdict !== 'good' && (
        <p class="selftest-links">
          <Link to="/help/no-picture">{t('test.help')}</Link>
          <Link to="/diagnostic">{t('test.more')}</Link>
        </p>
      )}
    </>
  );
}

const icons: Readonly<Record<State, IconName>> = {
  waiting: 'info',
  running: 'info',
  passed: 'check',
  warning: 'alert',
  failed: 'cross',
  skipped: 'info',
};

const looks: Readonly<Partial<Record<State, string>>> = { passed: 'good', failed: 'bad' };

function Line({ result }: { result: Result }): JSX.Element {
  const { t } = useCheckText();
  const advice = adviceText(result, t);
  return (
    <li
      class={looks[result.state] ?? result.state}
      data-check={result.check}
      data-state={result.state}
    >
      <Icon name={icons[result.state]} />
      <div>
        <p>
          <strong>{nameText(result, t)}</strong> <span class="detail">{foundText(result, t)}</span>
        </p>
        {advice !== '' && <p class="field-hint">{advice}</p>}
      </div>
    </li>
  );
}
