import type { JSX } from 'preact';
import { signInAddress } from '../colleague.ts';
import type { Translate } from '../text/texts.ts';
import { Alert } from '../ui/alert.tsx';
import { useServices, useText } from '../ui/services.ts';

/** Who has signed in, above the form; the band has the way out. */
export function SignedIn(): JSX.Element | null {
  const { portal } = useServices();
  const t = useText();
  const { site, session } = portal.colleagues;
  if (session.value === null) return null;
  return (
    <Alert kind="notice" testid="signed-in">
      <p>
        {t('colleague.signed-in', { name: session.value.name })}{' '}
        {!site.value.needsPassword && t('colleague.name')}
      </p>
    </Alert>
  );
}

/** The way to the company's sign-in, below the form; `typed` gives what the form has as the conference's name. */
export function SignIn({ typed }: { typed: () => string }): JSX.Element | null {
  const { portal } = useServices();
  const t = useText();
  const { site, session, refused } = portal.colleagues;
  if (!site.value.signIn || session.value !== null) return null;
  return (
    <section class="colleague" aria-labelledby="colleague">
      <h2 id="colleague">{t('colleague.title')}</h2>
      <p>{t(site.value.needsPassword ? 'colleague.lead.password' : 'colleague.lead')}</p>
      {refused.value !== null && (
        <Alert kind="refusal" testid="sign-in-refused">
          <p>{refusalText(refused.value, t)}</p>
        </Alert>
      )}
      <a
        class="button secondary"
        data-testid="sign-in"
        href={signInAddress}
        onClick={() => portal.colleagues.keep(typed())}
      >
        {t('colleague.sign-in')}
      </a>
    </section>
  );
}

function refusalText(code: string, t: Translate): string {
  switch (code) {
    case 'expired':
      return t('colleague.expired');
    case 'forbidden':
      return t('colleague.forbidden');
    case 'csrf':
      return t('colleague.stranger');
    case 'rate-limited':
      return t('problem.wait.later');
    case 'unavailable':
      return t('colleague.unavailable');
    default:
      return t('colleague.failed');
  }
}
