import './diagnostic.css';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { useDiagnosticText } from '../../text/diagnostic/diagnostic.ts';
import { Page } from '../../ui/page.tsx';
import { useServices } from '../../ui/services.ts';
import { Causes } from './causes.tsx';
import { Rows } from './rows.tsx';
import { Control } from './run.tsx';
import { Send } from './send.tsx';
import { Team } from './team.tsx';
import { visitOf } from './visit.ts';
import { Work } from './work.ts';

/** The diagnostic tool: runs every check, explains the results, and sends them to support on request. */
export function DiagnosticPage(): JSX.Element {
  const { outside, portal } = useServices();
  const { t } = useDiagnosticText();
  const work = useMemo(() => new Work(outside), [outside]);
  const visit = useMemo(() => visitOf(window.location.hash, portal.admission.peek()), [portal]);
  useEffect(() => {
    const hide = (): void => work.close();
    window.addEventListener('pagehide', hide);
    return () => {
      window.removeEventListener('pagehide', hide);
      work.close();
    };
  }, [work]);
  const phase = work.diagnostic.phase.value;
  // What is typed below stays while one check is done again.
  const over = work.testedAt.value !== null;
  return (
    <Page page={t('page')} title={t('title')} lead={t('lead')}>
      <Control work={work} visit={visit} />
      {over && <Causes results={work.diagnostic.results.value} />}
      {phase !== 'ready' && <Rows work={work} />}
      {over && <Send work={work} visit={visit} />}
      {over && <Team work={work} />}
    </Page>
  );
}
