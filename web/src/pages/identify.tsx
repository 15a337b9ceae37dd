import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Identity } from '../session/api.ts';
import { asProblem, type Problem } from '../session/problem.ts';
import { useEntranceText } from '../text/entrance/entrance.ts';
import type { Translate } from '../text/texts.ts';
import { Alert } from '../ui/alert.tsx';
import { Button } from '../ui/button.tsx';
import { Checkbox, Field } from '../ui/field.tsx';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { problemText } from '../ui/problems.ts';
import { useServices, useText } from '../ui/services.ts';

export function Identify(): JSX.Element {
  const { portal } = useServices();
  const t = useText();
  const { t: say } = useEntranceText();
  const conference = portal.admission.value?.conference;
  return (
    <Page
      page={t('identify.page')}
      title={t('identify.title')}
      lead={t('identify.lead', { conference: conference?.title || conference?.name || '' })}
    >
      <div class="card">
        <IdentityForm />
      </div>
      <p class="small">
        <Link to="/help/identify">{say('help.identity')}</Link>
      </p>
    </Page>
  );
}

type Wrong = 'title' | 'name' | 'email';

function IdentityForm(): JSX.Element {
  const { portal, texts } = useServices();
  const t = useText();
  const form = useRef<HTMLFormElement>(null);
  const busy = useSignal(false);
  const wrong = useSignal<Partial<Record<Wrong, string>>>({});
  const problem = useSignal<Problem | null>(null);
  const known = portal.identity.peek();

  function show(found: Partial<Record<Wrong, string>>): void {
    wrong.value = found;
    const first = (['title', 'name', 'email'] as const).find((name) => found[name]);
    if (first) form.current?.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus();
  }

  async function identify(): Promise<void> {
    if (form.current === null) return;
    const entries = new FormData(form.current);
    const entry = (name: string) => String(entries.get(name) ?? '').trim();
    const identity = { title: entry('title'), name: entry('name'), email: entry('email') };
    problem.value = null;
    const lacking = missing(identity, t);
    if (Object.keys(lacking).length > 0) {
      show(lacking);
      return;
    }
    wrong.value = {};
    busy.value = true;
    try {
      await portal.identify(identity, entries.has('remember'));
    } catch (cause) {
      const refused = asProblem(cause);
      problem.value = refused;
      const found: Partial<Record<Wrong, string>> = {};
      for (const { pointer } of refused.fields) {
        if (pointer === '/email') found.email = t('identify.email.wrong');
        else if (pointer === '/name') found.name = t('identify.wrong');
        else if (pointer === '/title') found.title = t('identify.wrong');
      }
      show(found);
    }
    busy.value = false;
  }

  return (
    <form
      ref={form}
      noValidate
      aria-label={t('identify.form')}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy.value) void identify();
      }}
    >
      <div class="field-row">
        <Field
          label={t('identify.person')}
          name="title"
          testid="title"
          hint={t('identify.person.hint')}
          error={wrong.value.title ?? null}
          value={known?.title ?? ''}
          maxLength={32}
          options={t('identify.person.options').split('|')}
          autocomplete="honorific-prefix"
        />
        <Field
          label={t('identify.name')}
          name="name"
          testid="fullname"
          error={wrong.value.name ?? null}
          value={known?.name ?? ''}
          required
          maxLength={120}
          autocomplete="name"
        />
      </div>
      <Field
        label={t('identify.email')}
        name="email"
        testid="email"
        type="email"
        hint={t('identify.email.hint')}
        error={wrong.value.email ?? null}
        value={known?.email ?? ''}
        required
        maxLength={254}
        autocomplete="email"
      />
      <Checkbox
        label={t('identify.remember')}
        hint={t('identify.remember.hint')}
        name="remember"
        testid="remember"
      />
      {problem.value && (
        <Alert kind="refusal" testid="refusal">
          <p>{problemText(problem.value, t, texts.language.value)}</p>
        </Alert>
      )}
      <Button type="submit" look="primary" testid="identify-submit" busy={busy.value}>
        {t(busy.value ? 'identify.busy' : 'identify.submit')}
      </Button>
    </form>
  );
}

function missing({ name, email }: Identity, t: Translate): Partial<Record<Wrong, string>> {
  const found: Partial<Record<Wrong, string>> = {};
  if (name === '') found.name = t('identify.name.missing');
  if (email === '') found.email = t('identify.email.missing');
  else if (!/^[^\s@]+@[^\s@]+$/.test(email)) found.email = t('identify.email.wrong');
  return found;
}
