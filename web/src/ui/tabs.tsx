import * as machine from '@zag-js/tabs';
import { normalizeProps, useMachine } from '@zag-js/preact';
import type { ComponentChildren, JSX } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icons.tsx';
import './tabs.css';

export interface Tab {
  id: string;
  label: string;
  icon?: IconName;
  /** What waits there, for example unread messages: shown beside the label. */
  count?: number;
  testid?: string;
  content: ComponentChildren;
}

export interface TabsProps {
  label: string;
  tabs: readonly Tab[];
  selected: string;
  onSelect: (id: string) => void;
}

/** Panels of which one is shown; the others stay drawn, so that nothing typed there is lost. */
export function Tabs({ label, tabs, selected, onSelect }: TabsProps): JSX.Element {
  const service = useMachine(machine.machine, {
    id: useId(),
    value: selected,
    onValueChange: ({ value }) => onSelect(value),
    translations: { listLabel: label },
  });
  const api = machine.connect(service, normalizeProps);
  return (
    <div class="tabs" {...api.getRootProps()}>
      <div class="tab-list" {...api.getListProps()}>
        {tabs.map(({ id, label: name, icon, count, testid }) => (
          <button
            key={id}
            type="button"
            class="tab"
            data-testid={testid ?? `tab-${id}`}
            {...api.getTriggerProps({ value: id })}
          >
            {icon !== undefined && <Icon name={icon} />}
            <span>{name}</span>
            {count !== undefined && count > 0 && <span class="count">{count}</span>}
          </button>
        ))}
      </div>
      {tabs.map(({ id, content }) => (
        <div key={id} class="tab-panel" {...api.getContentProps({ value: id })}>
          {content}
        </div>
      ))}
    </div>
  );
}
