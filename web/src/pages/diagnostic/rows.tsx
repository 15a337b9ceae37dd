import type { JSX } from 'preact';
import type { CheckName, Part, Result, State } from '../../session/diagnostic/result.ts';
import { useCheckText } from '../../text/checks/checks.ts';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { adviceText, foundText, nameText, purposeText } from './words.ts';
import type { Work } from './work.ts';

const groups = {
  computer: ['browser', 'secure', 'webrtc', 'codecs', 'cookies', 'storage', 'capture', 'software'],
  servers: ['api', 'clock', 'reach', 'websocket', 'poll'],
  ways: ['udp', 'tcp', 'turn', 'turn-tcp', 'turns'],
  network: ['ipv4', 'ipv6', 'nat', 'mtu', 'idle'],
  picture: ['bandwidth', 'quality', 'decode', 'text'],
} as const satisfies Record<string, readonly CheckName[]>;

const names = ['computer', 'servers', 'ways', 'network', 'picture'] as const;

/** Every check with what it found. */
export function Rows({ work }: { work: Work }): JSX.Element {
  const { t } = useDiagnosticText();
  const results = work.diagnostic.results.value;
  return (
    <>
      {names.map((group) => (
        <section class="card" key={group} aria-labelledby={`group-${group}`}>
          <h2 id={`group-${group}`}>{t(`group.${group}`)}</h2>
          <ul class="diagnostic-rows">
            {groups[group].map((check) => {
              const result = results.find((one) => one.check === check);
              return result && <Row key={check} result={result} work={work} />;
            })}
          </ul>
        </section>
      ))}
    </>
  );
}

const icons: Readonly<Record<Exclude<State, 'running'>, IconName>> = {
  waiting: 'info',
  passed: 'check',
  warning: 'alert',
  failed: 'cross',
  skipped: 'info',
};

function Row({ result, work }: { result: Result; work: Work }): JSX.Element {
  const { t } = useDiagnosticText();
  const { t: say } = useCheckText();
  const { check, state, finding } = result;
  const idle = work.diagnostic.phase.value !== 'running';
  const name = nameText(result, say);
  const advice = adviceText(result, say);
  const repeat = (): void => void work.repeat(check);
  const tested = work.testedAt.value !== null;
  const asks = check === 'capture' && finding !== 'capture.unable' && tested;
  return (
    <li class={state} data-testid={`row-${check}`} data-state={state} data-finding={finding ?? ''}>
      <details>
        <summary>
          <Mark state={state} />
          <span class="diagnostic-what">
            <strong>{name}</strong> <span class="diagnostic-state">{t(`state.${state}`)}</span>
            {finding !== null && <span class="diagnostic-found">{foundText(result, say)}</span>}
          </span>
        </summary>
        <Details result={result} />
        {tested && !asks && (
          <Button
            testid={`repeat-${check}`}
            look="quiet"
            busy={!idle}
            label={t('row.repeat.of', { check: name })}
            onClick={repeat}
          >
            {t('row.repeat')}
          </Button>
        )}
      </details>
      {advice !== '' && <p class="diagnostic-advice">{advice}</p>}
      {asks && (
        <p class="diagnostic-ask">
          <Button testid="diagnostic-capture" icon="share" busy={!idle} onClick={repeat}>
            {t('row.capture')}
          </Button>
        </p>
      )}
    </li>
  );
}

function Mark({ state }: { state: State }): JSX.Element {
  if (state === 'running') return <span class="spinner" aria-hidden="true" />;
  return <Icon name={icons[state]} />;
}

function Details({ result }: { result: Result }): JSX.Element {
  const { t } = useDiagnosticText();
  const { t: say } = useCheckText();
  const { parts, took } = result;
  return (
    <>
      <p class="small">{purposeText(result, say)}</p>
      {parts.length > 0 && <Parts parts={parts} />}
      {took > 0 && <p class="small">{t('row.took', { seconds: (took / 1000).toFixed(1) })}</p>}
    </>
  );
}

function Parts({ parts }: { parts: readonly Part[] }): JSX.Element {
  const { t } = useDiagnosticText();
  const { t: say } = useCheckText();
  return (
    <>
      <p class="small">{t('row.parts')}</p>
      <ul class="diagnostic-parts">
        {parts.map((part) => (
          <li key={part.place} class={part.state} data-state={part.state}>
            <Mark state={part.state} />
            <p class="small">
              <strong>{part.place}</strong> {foundText(part, say)}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
