import type { JSX } from 'preact';
import { Icon, type IconName } from '../../../ui/icons.tsx';

export interface ToolButtonProps {
  label: string;
  icon: IconName;
  testid: string;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  /** The key that does the same, as the list of keys names it. */
  keys?: string;
  onClick: () => void;
}

/** A button that is a drawing; its name is said, and shown when the mouse rests on it. */
export function ToolButton(props: ToolButtonProps): JSX.Element {
  const { label, icon, testid, disabled = false } = props;
  return (
    <button
      type="button"
      class="button tool-button"
      data-testid={testid}
      aria-label={label}
      title={props.keys === undefined ? label : `${label} (${props.keys})`}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-disabled={disabled || undefined}
      onClick={() => {
        if (!disabled) props.onClick();
      }}
    >
      <Icon name={icon} />
    </button>
  );
}
