import type { ComponentChildren, JSX, Ref } from 'preact';
import { useId, useLayoutEffect } from 'preact/hooks';

export interface FieldProps {
  label: string;
  name: string;
  testid: string;
  hint?: string;
  error?: string | null;
  type?: 'text' | 'password' | 'email';
  value?: string;
  required?: boolean;
  maxLength?: number;
  autocomplete?: string;
  /** Suggestions that may be ignored. */
  options?: readonly string[];
  /** Typed exactly: no capitals, corrections or spelling marks are added on the way. */
  exact?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  onInput?: () => void;
  /** A button beside the entry. */
  children?: ComponentChildren;
}

const uncorrected = [
  ['autocapitalize', 'none'],
  ['autocorrect', 'off'],
  ['spellcheck', 'false'],
] as const;

/** A labelled entry with its hint and its error, both tied to it for screen readers. */
export function Field(props: FieldProps): JSX.Element {
  const id = useId();
  const hint = props.hint ? `${id}-hint` : '';
  const error = props.error ? `${id}-error` : '';
  useLayoutEffect(() => {
    if (!props.exact) return;
    // As attributes: the properties of the same names differ from browser to browser.
    const input = document.getElementById(id);
    for (const [name, value] of uncorrected) input?.setAttribute(name, value);
  }, [id, props.exact]);
  const extra: object = {
    type: props.type ?? 'text',
    ...(props.options && { list: `${id}-options` }),
  };
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="entry">
        <input
          id={id}
          ref={props.inputRef ?? null}
          name={props.name}
          data-testid={props.testid}
          defaultValue={props.value}
          required={props.required}
          maxLength={props.maxLength}
          autocomplete={props.autocomplete ?? 'off'}
          aria-describedby={[error, hint].filter(Boolean).join(' ') || undefined}
          aria-invalid={props.error ? 'true' : undefined}
          onInput={props.onInput}
          {...extra}
        />
        {props.children}
      </div>
      {props.options && (
        <datalist id={`${id}-options`}>
          {props.options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      {props.error && (
        <p class="field-error" id={error}>
          {props.error}
        </p>
      )}
      {props.hint && (
        <p class="field-hint" id={hint}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

export interface CheckboxProps {
  label: string;
  hint: string;
  name: string;
  testid: string;
}

export function Checkbox({ label, hint, name, testid }: CheckboxProps): JSX.Element {
  const id = useId();
  return (
    <div class="checkbox">
      <input
        id={id}
        type="checkbox"
        name={name}
        data-testid={testid}
        aria-describedby={`${id}-hint`}
      />
      <div>
        <label for={id}>{label}</label>
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      </div>
    </div>
  );
}
