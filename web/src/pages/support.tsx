import './support.css';
import type { JSX } from 'preact';
import { useHelpText } from '../text/help/help.ts';
import type { TopicId } from '../text/help/topics.ts';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { useServices, useText } from '../ui/services.ts';

/** Their labels are questions of the guide; the topics have the answers. */
const often = ['join', 'voice', 'no-picture', 'no-sound'] as const satisfies TopicId[];

/** Documentation, the diagnostic tool, and whom to ask. */
export function Support(): JSX.Element {
  const t = useText();
  const { t: say } = useHelpText();
  const contact = useServices().portal.admission.value?.conference.supportContact;
  return (
    <Page page={t('support.page')} title={t('support.title')} lead={t('support.lead')}>
      <section class="card" aria-labelledby="doc">
        <h2 id="doc">{say('guide.title')}</h2>
        <p>{say('guide.text')}</p>
        <Link to="/help" class="button primary">
          {say('guide.open')}
        </Link>
        <h3>{say('guide.often')}</h3>
        <ul class="often">
          {often.map((topic) => (
            <li key={topic}>
              <Link to={`/help/${topic}`}>{say(`often.${topic}`)}</Link>
            </li>
          ))}
        </ul>
      </section>
      <section class="card" aria-labelledby="examine">
        <h2 id="examine">{say('examine.title')}</h2>
        <p>{say('examine.text')}</p>
        <Link to="/diagnostic" class="button secondary">
          {say('examine.open')}
        </Link>
        <p class="support-more">
          <Link to="/help/diagnostic">{say('examine.how')}</Link>
          <Link to="/prerequisites">{t('support.check')}</Link>
        </p>
      </section>
      <section class="card prose" aria-labelledby="contact">
        <h2 id="contact">{t('support.contact')}</h2>
        <p>{t('support.contact.text')}</p>
        {contact && (
          <p>
            {t('support.contact.of')}{' '}
            <strong>
              <bdi>{contact}</bdi>
            </strong>
          </p>
        )}
      </section>
    </Page>
  );
}
