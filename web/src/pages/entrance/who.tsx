import type { JSX } from 'preact';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import { Link } from '../../ui/link.tsx';
import { useServices } from '../../ui/services.ts';

/** As whom somebody joins, where a personal link has skipped the pages that ask for it. */
export function Who(): JSX.Element | null {
  const { portal } = useServices();
  const { t } = useEntranceText();
  const vouched = portal.vouched.value;
  const identity = vouched ?? portal.identity.value;
  if (identity === null) return null;
  // A personal link has skipped the choice, or it was made once for all.
  const skipped = portal.admission.value?.next === 'join' || portal.ways.read() !== null;
  return (
    <section class="card who-here" aria-label={t('who.title')} data-testid="who-here">
      <p>
        {t('who.as')}{' '}
        <strong>
          <bdi>{[identity.title, identity.name].filter(Boolean).join(' ')}</bdi>
        </strong>
      </p>
      <p class="who-links">
        {vouched === null && <Link to="/identify">{t('who.change')}</Link>}
        {skipped && <Link to="/choice">{t('who.ways')}</Link>}
      </p>
    </section>
  );
}
