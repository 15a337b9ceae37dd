import type { JSX } from 'preact';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { useText } from '../ui/services.ts';

export function Lost(): JSX.Element {
  const t = useText();
  return (
    <Page page={t('lost.page')} title={t('lost.title')} lead={t('lost.text')}>
      <p class="ways-out">
        <Link to="/" class="button secondary">
          {t('lost.home')}
        </Link>
      </p>
    </Page>
  );
}
