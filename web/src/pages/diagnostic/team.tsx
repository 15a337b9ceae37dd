import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { agentOf } from '../../session/diagnostic/agent.ts';
import { allowances } from '../../session/diagnostic/handout.ts';
import type { TestRelay } from '../../session/diagnostic/api.ts';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Copy } from './copy.tsx';
import { teamText } from './teamtext.ts';
import type { Work } from './work.ts';

/** What to hand to whoever runs the network. */
export function Team({ work }: { work: Work }): JSX.Element {
  const { t, language } = useDiagnosticText();
  const relays = useSignal<readonly TestRelay[]>([]);
  const { diagnostic } = work;
  const results = diagnostic.results.value;
  useEffect(() => {
    void diagnostic.session().then((session) => (relays.value = session?.relays ?? []));
  }, [diagnostic, results, relays]);
  const { browser, version, system } = agentOf(navigator.userAgent);
  const portal = window.location.origin;
  const tested = {
    results,
    at: work.testedAt.value ?? new Date(0),
    browser: `${browser} ${version || ''} (${system})`,
    portal,
    lines: allowances(portal, relays.value, diagnostic.offered),
  };
  const text = teamText(tested, language);
  return (
    <section class="card" aria-labelledby="team">
      <h2 id="team">{t('team.title')}</h2>
      <p>{t('team.lead')}</p>
      <textarea
        class="diagnostic-text"
        data-testid="team-text"
        aria-label={t('team.text')}
        readOnly
        rows={12}
        value={text}
      />
      <Copy text={text} testid="team-copy">
        {t('team.copy')}
      </Copy>
    </section>
  );
}
