import * as machine from '@zag-js/menu';
import { normalizeProps, useMachine } from '@zag-js/preact';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  look?: 'danger';
  disabled?: boolean;
  onSelect: () => void;
}

export interface MenuProps {
  /** What a screen reader says of the button, for example "Actions for Ada". */
  label: string;
  icon: IconName;
  testid?: string;
  items: readonly MenuItem[];
}

/** A button that opens a list of actions. */
export function Menu({ label, icon, testid, items }: MenuProps): JSX.Element {
  const service = useMachine(machine.machine, {
    id: useId(),
    'aria-label': label,
    onSelect: ({ value }) => items.find(({ id }) => id === value)?.onSelect(),
  });
  const api = machine.connect(service, normalizeProps);
  return (
    <>
      <button
        class="button quiet small-button"
        data-testid={testid}
        aria-label={label}
        title={label}
        {...api.getTriggerProps()}
      >
        <Icon name={icon} />
      </button>
      <div class="menu-place" {...api.getPositionerProps()}>
        <ul class="menu" {...api.getContentProps()}>
          {items.map(({ id, label: name, icon: drawing, look, disabled }) => (
            <li
              key={id}
              class={look}
              data-testid={testid === undefined ? undefined : `${testid}-${id}`}
              {...api.getItemProps({ value: id, disabled: disabled ?? false })}
            >
              {drawing !== undefined && <Icon name={drawing} />}
              <span>{name}</span>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
