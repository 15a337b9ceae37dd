import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Attendance } from '../../session/attendance.ts';
import { Bridges } from '../../ui/bridges.tsx';
import { Button } from '../../ui/button.tsx';
import { problemText } from '../../ui/problems.ts';
import { useTitle } from '../../ui/page.tsx';
import { useServices, useText } from '../../ui/services.ts';

/** What a guest sees until somebody lets them in: where they stand, the numbers to call, a way out. */
export function WaitingRoom({ attendance }: { attendance: Attendance }): JSX.Element {
  const { portal, texts } = useServices();
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(t('lobby.page'));
  useEffect(() => heading.current?.focus(), []);
  const conference = portal.admission.value?.conference;
  const identity = portal.identity.value;
  const problem = attendance.gate.problem.value;
  return (
    <main class="page" id="content" tabIndex={-1} data-testid="lobby">
      <header class="page-head">
        <p class="eyebrow">{conference?.title || conference?.name}</p>
        <h1 ref={heading} tabIndex={-1}>
          {t('lobby.title')}
        </h1>
        <p class="lead" role="status" data-testid="lobby-state">
          <span class="spinner" aria-hidden="true" />{' '}
          {problem === null ? t('lobby.text') : problemText(problem, t, texts.language.value)}
        </p>
        {identity && <p>{t('lobby.as', { name: `${identity.title} ${identity.name}`.trim() })}</p>}
      </header>
      <section class="card" aria-labelledby="lobby-voice">
        <h2 id="lobby-voice">{t('conference.bridges')}</h2>
        <Bridges bridges={conference?.bridges ?? []} />
      </section>
      <Button testid="lobby-cancel" icon="cross" onClick={() => portal.router.go('/conference')}>
        {t('lobby.cancel')}
      </Button>
    </main>
  );
}
