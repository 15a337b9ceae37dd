import type { JSX } from 'preact';
import { useSignal } from '@preact/signals';
import { asProblem } from '../session/problem.ts';
import type { Language } from '../text/texts.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import { problemText } from './problems.ts';
import { useServices, useText } from './services.ts';

/** The grey upper band: who the guest is, and "Disconnect" at its right. */
export function Band(): JSX.Element {
  const { portal, texts } = useServices();
  const t = useText();
  const busy = useSignal(false);
  const failure = useSignal('');
  const vouched = portal.vouched.value;
  const identity = vouched ?? portal.identity.value;

  async function end(what: () => Promise<void>): Promise<void> {
    busy.value = true;
    failure.value = '';
    try {
      await what();
    } catch (cause) {
      failure.value = problemText(asProblem(cause), t, texts.language.value);
    }
    busy.value = false;
  }

  return (
    <section class="band" aria-label={t('band.label')} data-testid="band">
      <div class="band-inner">
        <p class="band-who">
          <span data-testid="band-identity" class={identity ? 'who' : 'who nobody'}>
            {identity
              ? [identity.title, identity.name].filter(Boolean).join(' ')
              : t('band.anonymous')}
          </span>
        </p>
        <div class="band-tools">
          {identity && !vouched && (
            <Button
              testid="disconnect"
              look="quiet"
              icon="leave"
              busy={busy.value}
              title={t('band.hint')}
              onClick={() => void end(() => portal.disconnect())}
            >
              {t('band.disconnect')}
            </Button>
          )}
          {vouched && (
            <Button
              testid="sign-out"
              look="quiet"
              icon="leave"
              busy={busy.value}
              title={t('colleague.sign-out.hint')}
              onClick={() => void end(() => portal.signOut())}
            >
              {t('colleague.sign-out')}
            </Button>
          )}
          {/* Last: they stay where they are when the identity comes. */}
          <LanguageSwitch />
          <ThemeSwitch />
        </div>
      </div>
      <p class="band-said" role="status">
        {failure.value || (portal.forgotten.value && t('band.forgotten'))}
      </p>
    </section>
  );
}

const others: Readonly<Record<Language, { language: Language; name: string }>> = {
  fr: { language: 'en', name: 'English' },
  en: { language: 'fr', name: 'Français' },
};

/** Offers the other language, in that language. */
function LanguageSwitch(): JSX.Element {
  const { texts } = useServices();
  const other = others[texts.language.value];
  return (
    <button
      type="button"
      class="button quiet"
      lang={other.language}
      title={other.name}
      data-testid="language"
      onClick={() => void texts.choose(other.language)}
    >
      <Icon name="globe" />
      <span class="long">{other.name}</span>
      <span class="short">{other.language.toUpperCase()}</span>
    </button>
  );
}

function ThemeSwitch(): JSX.Element {
  const { theme } = useServices();
  const t = useText();
  const dark = theme.theme.value === 'dark';
  const label = t(dark ? 'theme.light' : 'theme.dark');
  return (
    <button
      type="button"
      class="button quiet only-icon"
      data-testid="theme"
      aria-label={label}
      title={label}
      onClick={() => theme.toggle()}
    >
      <Icon name={dark ? 'sun' : 'moon'} />
    </button>
  );
}
