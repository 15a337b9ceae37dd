import { normalizeProps, useMachine } from '@zag-js/preact';
import * as machine from '@zag-js/toast';
import type { JSX } from 'preact';
import { useEffect, useId, useMemo } from 'preact/hooks';
import { useText } from './services.ts';
import { Icon, type IconName } from './icons.tsx';
import { useToasts, type Toast, type ToastKind } from './toasts.tsx';
import './toasts.css';

const icons: Readonly<Record<ToastKind, IconName>> = {
  good: 'check',
  notice: 'info',
  refusal: 'alert',
};

/** The machine's own words, which it needs to put them in order. */
const types: Readonly<Record<ToastKind, machine.Type>> = {
  good: 'success',
  notice: 'info',
  refusal: 'error',
};

/** Draws the toasts in a corner; a pointer or the focus on them stops their time. */
export function ToastHost(): JSX.Element {
  const toasts = useToasts();
  const store = useMemo(
    () => machine.createStore({ placement: 'bottom-end', max: 4, gap: 8, duration: 6000 }),
    [],
  );
  const service = useMachine(machine.group.machine, { id: useId(), store });
  const api = machine.group.connect(service, normalizeProps);
  const said = toasts.said.value;
  useEffect(() => {
    // After this drawing: the machine loses what comes in the middle of one.
    const timer = setTimeout(() => show(store, said));
    return () => clearTimeout(timer);
  }, [store, said]);
  const t = useText();
  const label = t('toast.label');
  return (
    // The line beside it announces them.
    <div {...api.getGroupProps({ label })} class="toasts" aria-label={label} aria-live="off">
      {api.getToasts().map((toast, index) => (
        <Line key={toast.id} toast={toast} index={index} parent={service} />
      ))}
    </div>
  );
}

/** Tells the machine what is new, and what has been pushed out. */
function show(store: machine.Store, said: readonly Toast[]): void {
  for (const { id, text, kind } of said) {
    if (store.isVisible(id) || store.isDismissed(id)) continue;
    // 23 days are for ever; a timer holds no more.
    const duration = kind === 'refusal' ? 2_000_000_000 : 6000;
    store.create({ id, description: text, type: types[kind], meta: { kind }, duration });
  }
  const last = new Set(said.map(({ id }) => id));
  for (const { id } of store.getVisibleToasts()) {
    if (id !== undefined && !last.has(id)) store.dismiss(id);
  }
}

interface LineProps {
  toast: machine.Options;
  index: number;
  parent: machine.GroupService;
}

function Line({ toast, index, parent }: LineProps): JSX.Element {
  const t = useText();
  // The store has filled in what the machine requires; its own types do not say so.
  const service = useMachine(machine.machine, { ...toast, parent, index } as never);
  const api = machine.connect(service, normalizeProps);
  const kind = (toast.meta?.['kind'] ?? 'good') as ToastKind;
  return (
    <div
      {...api.getRootProps()}
      role="group"
      aria-label={toast.description}
      class={`toast ${kind}`}
      data-testid="toast"
    >
      <Icon name={icons[kind]} />
      <p {...api.getDescriptionProps()}>{toast.description}</p>
      <button
        {...api.getCloseTriggerProps()}
        class="button quiet only-icon"
        aria-label={t('toast.close')}
        title={t('toast.close')}
      >
        <Icon name="cross" />
      </button>
    </div>
  );
}
