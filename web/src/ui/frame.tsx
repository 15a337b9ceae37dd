import type { JSX } from 'preact';
import { Mark } from './icons.tsx';
import { Link } from './link.tsx';
import { useBrand, useServices, useText } from './services.ts';

/** Whose portal it is, and its sections. */
export function Masthead(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const { name, logo } = useBrand();
  // Inside a conference the first section is where the guest has got to, not the form.
  const inside = portal.admission.value !== null;
  return (
    <div class="masthead">
      <Link to="/" class="brand">
        {logo === null ? (
          <>
            <Mark />
            <span>{name}</span>
          </>
        ) : (
          <img class="logo" src={logo.url} alt={name} width={logo.width} height={logo.height} />
        )}
      </Link>
      <nav aria-label={t('nav.label')}>
        <Link to={inside ? '/conference' : '/'}>{t('nav.conference')}</Link>
        <Link to="/support">{t('nav.support')}</Link>
        <Link to="/prerequisites">{t('nav.prerequisites')}</Link>
      </nav>
    </div>
  );
}

/** Whom to ask, and what applies; nothing where the operator says nothing. */
export function Foot(): JSX.Element | null {
  const t = useText();
  const { name, supportContact, termsUrl, privacyUrl } = useBrand();
  if (supportContact === '' && termsUrl === '' && privacyUrl === '') return null;
  return (
    <footer class="foot">
      <p>{name}</p>
      {supportContact !== '' && (
        <p>
          {t('foot.contact')} <bdi>{supportContact}</bdi>
        </p>
      )}
      {termsUrl !== '' && <a href={termsUrl}>{t('foot.terms')}</a>}
      {privacyUrl !== '' && <a href={privacyUrl}>{t('foot.privacy')}</a>}
    </footer>
  );
}
