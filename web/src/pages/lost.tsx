import type { JSX } from 'preact';
import { useHelpText } from '../text/help/help.ts';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { useText } from '../ui/services.ts';

export function Lost(): JSX.Element {
  const t = useText();
  const { t: say } = useHelpText();
  return (
    <Page page={t('lost.page')} title={t('lost.title')} lead={t('lost.text')}>
      <p>
        <Link to="/" class="button secondary">
          {t('lost.home')}
        </Link>{' '}
        <Link to="/help" class="button secondary">
          {say('guide.open')}
        </Link>
      </p>
    </Page>
  );
}
