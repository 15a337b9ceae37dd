import { signal, useSignal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import { createContext, type ComponentType, type JSX } from 'preact';
import { useContext, useEffect } from 'preact/hooks';

/** `refusal` stays until it is dismissed or pushed out; the others go after a few seconds. */
export type ToastKind = 'good' | 'notice' | 'refusal';

export interface Toast {
  id: string;
  text: string;
  kind: ToastKind;
}

/** How many wait or are shown at a time; the oldest go first. */
const most = 4;

/** Short sentences that pass: what has just been done, or could not be. */
export class Toasts {
  readonly #said = signal<readonly Toast[]>([]);
  #count = 0;

  /** The last ones that were said. */
  get said(): ReadonlySignal<readonly Toast[]> {
    return this.#said;
  }

  say(text: string, kind: ToastKind = 'good'): void {
    const toast = { id: `toast-${++this.#count}`, text, kind };
    this.#said.value = [...this.#said.value, toast].slice(-most);
  }
}

const ToastsContext = createContext(new Toasts());

export const ToastsProvider = ToastsContext.Provider;

export function useToasts(): Toasts {
  return useContext(ToastsContext);
}

/** A function of its own: the build takes what follows an import at once for a part of it. */
const load = async (): Promise<typeof import('./toasthost.tsx')> => import('./toasthost.tsx');

/** Where they appear: announced at once, and drawn by code that comes with the first of them. */
export function ToastPlace(): JSX.Element {
  const toasts = useToasts();
  const host = useSignal<{ draw: ComponentType } | null>(null);
  const asked = useSignal(false);
  useSignalEffect(() => {
    if (toasts.said.value.length > 0) asked.value = true;
  });
  useEffect(() => {
    if (!asked.value) return;
    load().then(
      ({ ToastHost }) => (host.value = { draw: ToastHost }),
      () => {}, // it was announced all the same
    );
  }, [asked.value, host]);
  const Host = host.value?.draw;
  const last = toasts.said.value.at(-1);
  return (
    <>
      {/* There from the start: a region that comes with its text is not always read out. */}
      <p class="unseen" role="status" data-testid="toast-said">
        {last?.text}
      </p>
      {Host && <Host />}
    </>
  );
}
