import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { pollLimits, type Asked, type Polls } from '../../../session/polls.ts';
import type { TalkKey } from '../../../text/talk/en.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field } from '../../../ui/field.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { Switch } from '../../../ui/controls.tsx';

export interface NewPollProps {
  polls: Polls;
  t: TalkTranslate;
  onClose: () => void;
}

/** Stays until the relay has the poll: what was typed is not lost when it refuses. */
export function NewPoll({ polls, t, onClose }: NewPollProps): JSX.Element {
  const question = useRef<HTMLInputElement>(null);
  const options = useSignal<readonly string[]>(['', '']);
  const multiple = useSignal(false);
  const secret = useSignal(false);
  const fault = useSignal<TalkKey | ''>('');
  const key = useSignal('');
  const busy = key.value !== '' && polls.opening(key.value);
  const opened = key.value !== '' && polls.opened(key.value) !== undefined;
  const refused = key.value !== '' && !busy && !opened;
  useEffect(() => {
    if (opened) onClose();
  }, [opened]);
  const start = (): void => {
    const asked = askedOf(question.current?.value ?? '', options.peek());
    const found = faultIn(asked);
    fault.value = found;
    if (found !== '') return;
    key.value = polls.open({ ...asked, multiple: multiple.peek(), secret: secret.peek() });
  };
  return (
    <Dialog title={t('open.title')} onClose={onClose}>
      <form
        class="new-poll"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) start();
        }}
      >
        <Field
          label={t('open.question')}
          name="question"
          testid="poll-question"
          maxLength={pollLimits.question}
          inputRef={question}
          error={fault.value === 'open.question.missing' ? t(fault.value) : null}
        />
        <Options options={options.value} t={t} onChange={(changed) => (options.value = changed)} />
        {fault.value !== '' && fault.value !== 'open.question.missing' && (
          <p class="field-error" role="alert">
            {t(fault.value)}
          </p>
        )}
        <Switch
          label={t('open.multiple')}
          hint={t('open.multiple.hint')}
          testid="poll-multiple"
          on={multiple.value}
          onChange={(on) => (multiple.value = on)}
        />
        <Switch
          label={t('open.secret')}
          hint={t('open.secret.hint')}
          testid="poll-secret"
          on={secret.value}
          onChange={(on) => (secret.value = on)}
        />
        {refused && (
          <p class="field-error" role="alert" data-testid="poll-refused">
            {t(
              polls.requests.refused.value?.code === 'conflict'
                ? 'open.failed.conflict'
                : 'open.failed',
            )}
          </p>
        )}
        <div class="dialog-buttons">
          <Button testid="poll-cancel" onClick={onClose}>
            {t('open.cancel')}
          </Button>
          <Button type="submit" look="primary" testid="poll-start" busy={busy}>
            {t('open.start')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface OptionsProps {
  options: readonly string[];
  t: TalkTranslate;
  onChange(options: readonly string[]): void;
}

function Options({ options, t, onChange }: OptionsProps): JSX.Element {
  const group = useRef<HTMLFieldSetElement>(null);
  const focus = (at: number): void => {
    requestAnimationFrame(() => group.current?.querySelectorAll('input')[at]?.focus());
  };
  return (
    <fieldset class="answers" ref={group}>
      <legend>{t('open.options')}</legend>
      {options.map((option, index) => (
        <div key={index} class="entry answer">
          <input
            value={option}
            maxLength={pollLimits.option}
            autocomplete="off"
            aria-label={t('open.option', { number: index + 1 })}
            data-testid="poll-answer"
            onInput={(event) => onChange(options.with(index, event.currentTarget.value))}
          />
          {options.length > pollLimits.least && (
            <button
              type="button"
              class="button quiet only-icon"
              aria-label={t('open.option.remove', { number: index + 1 })}
              title={t('open.option.remove', { number: index + 1 })}
              data-testid="poll-answer-remove"
              onClick={() => {
                onChange(options.filter((_, other) => other !== index));
                focus(Math.max(0, index - 1));
              }}
            >
              <Icon name="cross" />
            </button>
          )}
        </div>
      ))}
      {options.length < pollLimits.most && (
        <Button
          testid="poll-answer-add"
          look="quiet"
          icon="plus"
          onClick={() => {
            onChange([...options, '']);
            focus(options.length);
          }}
        >
          {t('open.option.add')}
        </Button>
      )}
    </fieldset>
  );
}

/** Without the answers that were left empty. */
function askedOf(
  question: string,
  options: readonly string[],
): Pick<Asked, 'question' | 'options'> {
  return {
    question: question.trim(),
    options: options.map((option) => option.trim()).filter((option) => option !== ''),
  };
}

function faultIn({ question, options }: Pick<Asked, 'question' | 'options'>): TalkKey | '' {
  if (question === '') return 'open.question.missing';
  if (options.length < pollLimits.least) return 'open.options.missing';
  return new Set(options).size < options.length ? 'open.options.same' : '';
}
