import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Conference as Described } from '../session/api.ts';
import { Alert } from '../ui/alert.tsx';
import { Bridges } from '../ui/bridges.tsx';
import { Button } from '../ui/button.tsx';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { useServices, useText } from '../ui/services.ts';
import type { Language } from '../text/texts.ts';
import { Early } from './entrance/early.tsx';
import { Who } from './entrance/who.tsx';
import { useEntranceText } from '../text/entrance/entrance.ts';
import { loadWholeTool } from './lazy.tsx';

/** Recalls the bridge's numbers; "Submit" joins. */
export function Conference(): JSX.Element | null {
  const { portal, texts } = useServices();
  const t = useText();
  const { t: say } = useEntranceText();
  // The rest of the tool, for who stays to call first.
  useEffect(() => {
    const timer = setTimeout(() => void loadWholeTool().catch(() => {}), 5000);
    return () => clearTimeout(timer);
  }, []);
  const conference = portal.admission.value?.conference;
  if (!conference) return null;
  const { startsAt, endsAt } = conference;
  const early = conference.status === 'scheduled';
  return (
    <Page
      page={t('conference.page')}
      eyebrow={t('conference.eyebrow')}
      title={conference.title || conference.name}
      lead={conference.welcome}
    >
      {startsAt && endsAt && (
        <p class="when">{t('conference.when', span(conference, texts.language.value))}</p>
      )}
      {early && <Early key={conference.id} conference={conference} />}
      <section class="card" aria-labelledby="bridges-title">
        <h2 id="bridges-title">{t('conference.bridges')}</h2>
        {conference.bridges.length > 0 && <p>{t('conference.bridges.lead')}</p>}
        <Bridges bridges={conference.bridges} />
        <p class="small">
          <Link to="/help/voice">{say('help.voice')}</Link>
        </p>
      </section>
      {!early && <Screen />}
      <Who />
    </Page>
  );
}

/** The way into the tool. */
function Screen(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  return (
    <section class="card" aria-labelledby="screen-title">
      <h2 id="screen-title">{t('conference.screen')}</h2>
      <p>{t('conference.screen.lead')}</p>
      {!('RTCPeerConnection' in window) && (
        <Alert kind="refusal" testid="unfit">
          <p>
            {t('conference.unfit')} <Link to="/prerequisites">{t('nav.prerequisites')}</Link>
          </p>
        </Alert>
      )}
      <Button
        look="primary"
        icon="screen"
        testid="submit"
        onClick={() => {
          performance.mark('coopnet:submit');
          portal.router.go('/tool');
        }}
      >
        {t('conference.submit')}
      </Button>
      <p class="small">{t('conference.control')}</p>
    </section>
  );
}

function span({ startsAt, endsAt }: Described, language: Language): { start: string; end: string } {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return { start: format.format(new Date(startsAt)), end: format.format(new Date(endsAt)) };
}
