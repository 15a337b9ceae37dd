import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from '../session/problem.ts';
import { Alert } from '../ui/alert.tsx';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { problemText } from '../ui/problems.ts';
import { useServices, useText } from '../ui/services.ts';
import { useEntranceText } from '../text/entrance/entrance.ts';
import { SignedIn, SignIn } from './colleague.tsx';
import { ForgetNames, KeepName } from './entrance/keep.tsx';
import { keptNames } from './entrance/names.ts';
import { SelfTest } from './selftest/selftest.tsx';

export function Home(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  return (
    <Page page={t('home.page')} title={t('home.title')} lead={t('home.lead')} wide>
      <div class="home">
        <div class="card">
          {portal.notice.value && (
            <Alert kind="notice" testid="notice">
              <p>{t(`notice.${portal.notice.value}`)}</p>
            </Alert>
          )}
          {portal.invited.value === 'opening' ? (
            <p class="loading" role="status">
              <span class="spinner" aria-hidden="true" /> {t('home.invited')}
            </p>
          ) : (
            <ParticipateForm />
          )}
        </div>
        <div class="home-side">
          <Steps />
          <SelfTest />
        </div>
      </div>
    </Page>
  );
}

interface Refusal {
  problem: Problem;
  invitation: boolean;
}

function ParticipateForm(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const name = useRef<HTMLInputElement>(null);
  const [typedBefore] = useState(() => portal.colleagues.takeTyped());
  const password = useRef<HTMLInputElement>(null);
  const shown = useSignal(false);
  const keep = useRef<HTMLInputElement>(null);
  const [names] = useState(keptNames);
  const busy = useSignal(false);
  const missing = useSignal({ name: false, password: false });
  const refusal = useSignal<Refusal | null>(null);
  const invited = portal.invited.value;
  const { site, session } = portal.colleagues;
  const nameAlone = session.value !== null && !site.value.needsPassword;
  const failed =
    refusal.value ??
    (invited !== null && invited !== 'opening'
      ? { problem: invited.problem, invitation: true }
      : null);

  async function participate(): Promise<void> {
    // Exactly what was typed: capitals and spaces are part of the name.
    const typed = nameAlone
      ? { name: name.current?.value ?? '' }
      : { name: name.current?.value ?? '', password: password.current?.value ?? '' };
    missing.value = { name: typed.name === '', password: typed.password === '' };
    if (missing.value.name || missing.value.password) {
      (missing.value.name ? name : password).current?.focus();
      return;
    }
    const wanted = keep.current?.checked ?? false;
    busy.value = true;
    refusal.value = null;
    try {
      await portal.admit(typed);
      if (wanted) names.keep(typed.name);
    } catch (cause) {
      const problem = asProblem(cause);
      if (nameAlone && problem.fields.some(({ pointer }) => pointer === '/password')) {
        portal.colleagues.expired();
      } else {
        refusal.value = { problem, invitation: false };
      }
    }
    busy.value = false;
  }

  return (
    <>
      <SignedIn />
      <form
        noValidate
        aria-label={t('home.form')}
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy.value) void participate();
        }}
      >
        <Field
          label={t('home.name')}
          name="conference"
          testid="name"
          hint={t('home.name.hint')}
          error={missing.value.name ? t('home.name.missing') : null}
          required
          exact
          inputRef={name}
          value={typedBefore}
          {...(names.read().length > 0 && { options: names.read() })}
        />
        {!nameAlone && (
          <Field
            label={t('home.password')}
            name="conference-password"
            testid="password"
            type={shown.value ? 'text' : 'password'}
            error={missing.value.password ? t('home.password.missing') : null}
            required
            exact
            inputRef={password}
          >
            <Button
              look="quiet"
              testid="show-password"
              label={t(shown.value ? 'home.password.hide.label' : 'home.password.show.label')}
              onClick={() => (shown.value = !shown.value)}
            >
              {t(shown.value ? 'home.password.hide' : 'home.password.show')}
            </Button>
          </Field>
        )}
        <KeepName inputRef={keep} />
        {failed && <RefusalText {...failed} nameAlone={nameAlone} />}
        <Button type="submit" look="primary" testid="participate" busy={busy.value}>
          {t(busy.value ? 'home.busy' : 'home.participate')}
        </Button>
      </form>
      <ForgetNames names={names} />
      <SignIn typed={() => name.current?.value ?? ''} />
    </>
  );
}

function RefusalText({
  problem,
  invitation,
  nameAlone,
}: Refusal & { nameAlone: boolean }): JSX.Element {
  const { texts } = useServices();
  const t = useText();
  const { t: say } = useEntranceText();
  const denied = problem.code === 'conference-denied';
  return (
    <Alert kind="refusal" testid="refusal">
      <p>
        {denied && (invitation || nameAlone)
          ? t(invitation ? 'refusal.invitation' : 'refusal.colleague')
          : problemText(problem, t, texts.language.value)}{' '}
        {denied && <Link to="/help/no-entry">{say('help.refused')}</Link>}
      </p>
    </Alert>
  );
}

function Steps(): JSX.Element {
  const t = useText();
  return (
    <aside class="steps" aria-labelledby="steps">
      <Screens />
      <h2 id="steps">{t('home.steps')}</h2>
      <ol>
        <li>
          <h3>{t('home.step1')}</h3>
          <p>{t('home.step1.text')}</p>
        </li>
        <li>
          <h3>{t('home.step2')}</h3>
          <p>{t('home.step2.text')}</p>
        </li>
        <li>
          <h3>{t('home.step3')}</h3>
          <p>{t('home.step3.text')}</p>
        </li>
      </ol>
    </aside>
  );
}

/** The presenter's screen, and the same picture on the guest's. */
function Screens(): JSX.Element {
  return (
    <svg class="screens" viewBox="0 0 352 132" aria-hidden="true" focusable="false">
      <path class="way" d="M156 58h66" />
      <Screen x={6} />
      <Screen x={226} />
    </svg>
  );
}

function Screen({ x }: { x: number }): JSX.Element {
  return (
    <g transform={`translate(${x} 6)`}>
      <rect class="glass" width="120" height="82" rx="8" x={x < 100 ? 20 : 0} />
      <g transform={`translate(${x < 100 ? 20 : 0})`}>
        <path d="M42 112h36M60 82v30" />
        <path class="shown" d="M16 20h48M16 34h34M16 48h40M16 62h26" />
        <path class="chart" d="M78 66V48h7v18zm11 0V34h7v32zm11 0V22h7v44z" />
      </g>
    </g>
  );
}
