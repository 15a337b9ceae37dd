import * as machine from '@zag-js/menu';
import { normalizeProps, useMachine } from '@zag-js/preact';
import { Fragment, type JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';
import './menu.css';

export interface MenuItem {
  id: string;
  label: string;
  icon?: IconName;
  look?: 'danger';
  disabled?: boolean;
  /** A line above it, between groups of actions. */
  apart?: boolean;
  onSelect: () => void;
}

export interface MenuProps {
  /** What a screen reader says of the button, for example "Actions for Ada". */
  label: string;
  icon: IconName;
  /** Written on the button; without it the button has the icon alone. */
  text?: string;
  testid?: string;
  items: readonly MenuItem[];
}

/** A button that opens a list of actions. */
export function Menu({ label, icon, text, testid, items }: MenuProps): JSX.Element {
  const service = useMachine(machine.machine, {
    id: useId(),
    'aria-label': label,
    // Fixed: a panel that scrolls does not cut it off.
    positioning: { placement: 'bottom-end', strategy: 'fixed', gutter: 4, overflowPadding: 8 },
    onSelect: ({ value }) => items.find(({ id }) => id === value)?.onSelect(),
  });
  const api = machine.connect(service, normalizeProps);
  return (
    <>
      <button
        type="button"
        class={text === undefined ? 'button quiet only-icon small-button' : 'button secondary'}
        data-testid={testid}
        aria-label={label}
        title={text === undefined ? label : undefined}
        {...api.getTriggerProps()}
      >
        <Icon name={icon} />
        {text !== undefined && <span>{text}</span>}
      </button>
      <div class="menu-place" {...api.getPositionerProps()}>
        <ul class="menu" {...api.getContentProps()}>
          {items.map(({ id, label: name, icon: drawing, look, disabled, apart }) => (
            <Fragment key={id}>
              {apart && <li {...api.getSeparatorProps()} />}
              <li
                class={look}
                data-testid={testid === undefined ? undefined : `${testid}-${id}`}
                {...api.getItemProps({ value: id, disabled: disabled ?? false })}
              >
                {drawing !== undefined && <Icon name={drawing} />}
                <span>{name}</span>
              </li>
            </Fragment>
          ))}
        </ul>
      </div>
    </>
  );
}
