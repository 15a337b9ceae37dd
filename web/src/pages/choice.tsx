import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { Alert } from '../ui/alert.tsx';
import { Icon } from '../ui/icons.tsx';
import { Page } from '../ui/page.tsx';
import { useServices, useText } from '../ui/services.ts';

/** With or without installation. The software is not published yet; the page says so. */
export function Choice(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const asked = useSignal(false);
  const conference = portal.admission.value?.conference;
  return (
    <Page
      page={t('choice.page')}
      title={t('choice.title')}
      lead={t('choice.lead', { conference: conference?.title || conference?.name || '' })}
    >
      <div class="choices">
        <button
          type="button"
          class="choice recommended"
          data-testid="choice-browser"
          onClick={() => portal.router.go('/conference')}
        >
          <Icon name="globe" />
          <span class="choice-title">{t('choice.browser')}</span>
          <span class="choice-text">{t('choice.browser.text')}</span>
          <span class="badge good">{t('choice.browser.badge')}</span>
        </button>
        <button
          type="button"
          class="choice"
          data-testid="choice-software"
          onClick={() => (asked.value = true)}
        >
          <Icon name="download" />
          <span class="choice-title">{t('choice.software')}</span>
          <span class="choice-text">{t('choice.software.text')}</span>
          <span class="badge">{t('choice.software.badge')}</span>
        </button>
      </div>
      {asked.value && (
        <Alert kind="notice" testid="software-unavailable">
          <p>{t('choice.software.unavailable')}</p>
        </Alert>
      )}
    </Page>
  );
}
