import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './icons.tsx';
import './controls.css';

export interface SwitchProps {
  label: string;
  on: boolean;
  hint?: string;
  testid?: string;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** A setting that works at once. */
export function Switch({ label, on, hint, testid, disabled, onChange }: SwitchProps): JSX.Element {
  const id = useId();
  return (
    <div class="switch">
      <div>
        <label for={id}>{label}</label>
        {hint !== undefined && (
          <p class="field-hint" id={`${id}-hint`}>
            {hint}
          </p>
        )}
      </div>
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={on}
        disabled={disabled}
        data-testid={testid}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </div>
  );
}

export interface SelectProps<V extends string> {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  testid?: string;
  name?: string;
  /** The name is for screen readers only: what stands around says it already. */
  unlabelled?: boolean;
  onChange: (value: V) => void;
}

/** The browser's own list, which phones and screen readers know best, in our look. */
export function Select<V extends string>(props: SelectProps<V>): JSX.Element {
  const id = useId();
  return (
    <div class="field select-field">
      <label for={id} class={props.unlabelled ? 'unseen' : undefined}>
        {props.label}
      </label>
      <div class="select">
        <select
          id={id}
          name={props.name}
          value={props.value}
          data-testid={props.testid}
          onChange={(event) => props.onChange(event.currentTarget.value as V)}
        >
          {props.options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <Icon name="chevron" />
      </div>
    </div>
  );
}

export interface ProgressProps {
  label: string;
  /** From 0 to 1; null where nobody knows how long it takes. */
  value: number | null;
  testid?: string;
}

export function Progress({ label, value, testid }: ProgressProps): JSX.Element {
  // A progress element without the attribute is an indeterminate one.
  const done: object = value === null ? {} : { value: Math.min(1, Math.max(0, value)) };
  return <progress class="progress" max={1} aria-label={label} data-testid={testid} {...done} />;
}
