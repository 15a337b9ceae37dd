import type { JSX } from 'preact';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { useServices, useText } from '../ui/services.ts';

const documentation = ['join', 'identity', 'voice', 'view', 'share', 'control'] as const;
const questions = ['black', 'sound'] as const;

export function Support(): JSX.Element {
  const t = useText();
  const contact = useServices().portal.admission.value?.conference.supportContact;
  return (
    <Page page={t('support.page')} title={t('support.title')} lead={t('support.lead')}>
      <section class="card prose" aria-labelledby="doc">
        <h2 id="doc">{t('support.doc')}</h2>
        {documentation.map((topic) => (
          <section key={topic}>
            <h3>{t(`support.${topic}`)}</h3>
            <p>{t(`support.${topic}.text`)}</p>
          </section>
        ))}
      </section>
      <section class="card prose" aria-labelledby="faq">
        <h2 id="faq">{t('support.faq')}</h2>
        {questions.map((topic) => (
          <details key={topic}>
            <summary>{t(`support.${topic}`)}</summary>
            <p>{t(`support.${topic}.text`)}</p>
          </details>
        ))}
        <p>
          <Link to="/prerequisites" class="button secondary">
            {t('support.check')}
          </Link>
        </p>
      </section>
      <section class="card prose" aria-labelledby="contact">
        <h2 id="contact">{t('support.contact')}</h2>
        <p>{t('support.contact.text')}</p>
        {contact && (
          <p>
            {t('support.contact.of')} <strong>{contact}</strong>
          </p>
        )}
      </section>
    </Page>
  );
}
