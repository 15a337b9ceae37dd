import type { JSX } from 'preact';
import { Icon, type IconName } from '../../../ui/icons.tsx';
import { Tooltip } from '../../../ui/tooltip.tsx';

export interface ToolButtonProps {
  label: string;
  /** A drawing, or what stands in its place. */
  icon: IconName | JSX.Element;
  testid: string;
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  /** The key that does the same, as the list of keys names it. */
  keys?: string;
  onClick: () => void;
}

/** A button that is a drawing; its name, and its key, are shown by pointer and focus. */
export function ToolButton(props: ToolButtonProps): JSX.Element {
  const { label, icon, testid, keys, disabled = false } = props;
  return (
    <Tooltip text={keys === undefined ? label : `${label} (${keys})`}>
      {(carried) => (
        <button
          {...carried}
          type="button"
          class="button tool-button"
          data-testid={testid}
          aria-label={label}
          aria-pressed={props.pressed}
          aria-expanded={props.expanded}
          aria-disabled={disabled || undefined}
          onClick={() => {
            if (!disabled) props.onClick();
          }}
        >
          {typeof icon === 'string' ? <Icon name={icon} /> : icon}
        </button>
      )}
    </Tooltip>
  );
}
