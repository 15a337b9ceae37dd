import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { checkBrowser, type Check, type Finding } from '../session/fitness.ts';
import { Icon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { useText } from '../ui/services.ts';
import { InWords } from './needs/words.tsx';
import { SelfTest } from './selftest/selftest.tsx';

export function Prerequisites(): JSX.Element {
  const t = useText();
  return (
    <Page
      page={t('prerequisites.page')}
      title={t('prerequisites.title')}
      lead={t('prerequisites.lead')}
    >
      <section class="card" aria-labelledby="check">
        <h2 id="check">{t('prerequisites.check')}</h2>
        <LiveCheck />
        <SelfTest level={3} />
      </section>
      <section class="card prose" aria-labelledby="needs">
        <h2 id="needs">{t('prerequisites.needs')}</h2>
        <ul>
          <li>{t('prerequisites.browser')}</li>
          <li>{t('prerequisites.network')}</li>
          <li>{t('prerequisites.phone')}</li>
          <li>{t('prerequisites.install')}</li>
        </ul>
      </section>
      <InWords />
    </Page>
  );
}

function LiveCheck(): JSX.Element {
  const t = useText();
  const findings = useMemo(() => checkBrowser(window), []);
  const fit = findings.every(({ met, optional }) => met || optional);
  return (
    <>
      <p role="status" class={fit ? 'verdict good' : 'verdict bad'} data-testid="verdict">
        <Icon name={fit ? 'check' : 'cross'} />
        {t(fit ? 'prerequisites.good' : 'prerequisites.bad')}
      </p>
      <ul class="findings">
        {findings.map((finding) => (
          <Line key={finding.check} {...finding} />
        ))}
      </ul>
    </>
  );
}

function Line({ check, met, optional, detail }: Finding): JSX.Element {
  const t = useText();
  const standing = met ? 'good' : optional ? 'optional' : 'bad';
  const said = {
    good: 'prerequisites.yes',
    optional: 'prerequisites.optional',
    bad: 'prerequisites.missing',
  } as const;
  return (
    <li class={standing} data-testid={`check-${check satisfies Check}`} data-met={met}>
      <Icon name={met ? 'check' : optional ? 'info' : 'cross'} />
      <div>
        <p>
          <strong>{t(`prerequisites.${check}`)}</strong>: {t(said[standing])}
          {detail && <span class="detail"> ({detail})</span>}
        </p>
        {!met && <p class="field-hint">{t(`prerequisites.${check}.no`)}</p>}
      </div>
    </li>
  );
}
