import type { JSX } from 'preact';
import { Icon, type IconName } from './icons.tsx';
import { Tooltip } from './tooltip.tsx';

export interface IconButtonProps {
  icon: IconName;
  /** Its name, which the pointer and the focus show too. */
  label: string;
  look?: 'quiet' | 'secondary' | 'danger' | 'on';
  testid?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick?: () => void;
}

/** A button with a drawing only, for places where everybody knows the drawing and there is no room for the word. */
export function IconButton(props: IconButtonProps): JSX.Element {
  const { icon, label, look = 'quiet', pressed, disabled = false, testid, onClick } = props;
  return (
    <Tooltip text={label}>
      {(carried) => (
        <button
          {...carried}
          type="button"
          class={`button ${look} only-icon small-button`}
          data-testid={testid}
          aria-label={label}
          aria-pressed={pressed}
          aria-disabled={disabled || undefined}
          onClick={() => {
            if (!disabled) onClick?.();
          }}
        >
          <Icon name={icon} />
        </button>
      )}
    </Tooltip>
  );
}
