import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { useDeskText } from '../../text/desk/desk.ts';
import { Trouble } from './trouble.tsx';
import type { Work } from './work.ts';

export function SignIn({ work }: { work: Work }): JSX.Element {
  const { t } = useDeskText();
  const key = useRef<HTMLInputElement>(null);
  const missing = useSignal(false);
  return (
    <section class="card" aria-labelledby="sign-title">
      <h2 id="sign-title">{t('sign.title')}</h2>
      <form
        class="desk-sign"
        noValidate
        aria-labelledby="sign-title"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = key.current?.value.trim() ?? '';
          missing.value = typed === '';
          if (missing.value) key.current?.focus();
          else if (!work.busy.value) void work.signIn(typed);
        }}
      >
        <Field
          label={t('sign.key')}
          name="support-key"
          testid="desk-key"
          type="password"
          hint={t('sign.key.hint')}
          error={missing.value ? t('sign.key.missing') : null}
          required
          exact
          inputRef={key}
        />
        <Trouble problem={work.problem.value} />
        <Button type="submit" look="primary" testid="desk-sign-in" busy={work.busy.value}>
          {t('sign.in')}
        </Button>
      </form>
    </section>
  );
}
