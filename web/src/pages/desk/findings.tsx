import type { JSX } from 'preact';
import { checkNames } from '../../session/diagnostic/result.ts';
import { results, rowsOf, type Finding, type Result } from '../../session/report.ts';
import { Icon, type IconName } from '../../ui/icons.tsx';
import { useCheckText } from '../../text/checks/checks.ts';
import { useDeskText } from '../../text/desk/desk.ts';

const icons: Readonly<Record<Result, IconName>> = {
  passed: 'check',
  warning: 'alert',
  failed: 'cross',
  skipped: 'info',
};

/** What failed comes first: that is what the guest calls about. */
const order: readonly Result[] = ['failed', 'warning', 'skipped', 'passed'] satisfies Result[];

export function Findings({ findings }: { findings: readonly Finding[] }): JSX.Element {
  const { t } = useDeskText();
  const sorted = findings.toSorted((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  return (
    <section class="card" aria-labelledby="findings">
      <h3 id="findings">{t('report.findings')}</h3>
      {findings.length === 0 && <p class="empty">{t('report.findings.none')}</p>}
      {findings.length > 0 && <Tally findings={findings} />}
      <ul class="desk-findings">
        {sorted.map((finding, i) => (
          <Line key={`${i} ${finding.id}`} finding={finding} />
        ))}
      </ul>
    </section>
  );
}

function Tally({ findings }: { findings: readonly Finding[] }): JSX.Element {
  const { t } = useDeskText();
  const parts = results
    .map((result) => ({ result, n: findings.filter((found) => found.result === result).length }))
    .filter(({ n }) => n > 0)
    .map(({ result, n }) => t('report.tally', { result: t(`result.${result}`), count: n }));
  return (
    <p class="small" data-testid="desk-tally">
      {parts.join(' · ')}
    </p>
  );
}

function Line({ finding }: { finding: Finding }): JSX.Element {
  const { t } = useDeskText();
  const { id, result, explanation, causes, facts } = finding;
  const { t: say } = useCheckText();
  const known = checkNames.find((check) => check === id);
  const rows = rowsOf(facts);
  return (
    <li class={result} data-testid="desk-finding" data-id={id} data-result={result}>
      <Icon name={icons[result]} />
      <div>
        <h4>
          {t('report.finding', {
            check: known ? say(`name.${known}`) : id,
            result: t(`result.${result}`),
          })}
        </h4>
        {explanation !== '' && <p>{explanation}</p>}
        {causes.length > 0 && (
          <>
            <p class="small">{t('report.causes')}</p>
            <ul class="desk-causes">
              {causes.map((cause, i) => (
                <li key={i}>{cause}</li>
              ))}
            </ul>
          </>
        )}
        {rows.length > 0 && (
          <dl class="desk-measured">
            {rows.map(([path, text], i) => (
              <div key={i}>
                <dt>{path}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </li>
  );
}
