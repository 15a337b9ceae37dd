import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icons.tsx';

export interface ButtonProps {
  children: ComponentChildren;
  testid?: string;
  type?: 'button' | 'submit';
  /** `on`: what it did lasts, and pressing it again takes that back, as its changed words say. */
  look?: 'primary' | 'secondary' | 'quiet' | 'danger' | 'on';
  icon?: IconName;
  busy?: boolean;
  pressed?: boolean;
  label?: string;
  title?: string;
  onClick?: () => void;
}

/** A busy button keeps its focus and says so, but does nothing. */
export function Button(props: ButtonProps): JSX.Element {
  const { type = 'button', look = 'secondary', busy = false } = props;
  return (
    <button
      type={type}
      class={`button ${look}`}
      data-testid={props.testid}
      aria-disabled={busy || undefined}
      aria-pressed={props.pressed}
      aria-label={props.label}
      title={props.title}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else props.onClick?.();
      }}
    >
      {busy ? (
        <span class="spinner" aria-hidden="true" />
      ) : (
        props.icon && <Icon name={props.icon} />
      )}
      <span>{props.children}</span>
    </button>
  );
}
