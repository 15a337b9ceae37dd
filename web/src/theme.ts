import { signal, type ReadonlySignal } from '@preact/signals';

export type Theme = 'light' | 'dark';

const key = 'coopnet.theme';

/** Light or dark: the guest's choice, else the system's. */
export class ThemeChoice {
  readonly #theme = signal<Theme>('light');
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  readonly #root: HTMLElement;

  constructor(root: HTMLElement, system: MediaQueryList, storage: Storage | null) {
    this.#root = root;
    this.#storage = storage;
    const kept = this.#kept();
    this.#show(kept ?? (system.matches ? 'dark' : 'light'));
    system.addEventListener('change', () => {
      if (this.#kept() === null) this.#show(system.matches ? 'dark' : 'light');
    });
  }

  get theme(): ReadonlySignal<Theme> {
    return this.#theme;
  }

  toggle(): void {
    const theme = this.#theme.value === 'dark' ? 'light' : 'dark';
    this.#show(theme);
    try {
      this.#storage?.setItem(key, theme);
    } catch {
      // Not remembered: the next visit follows the system.
    }
  }

  #show(theme: Theme): void {
    this.#theme.value = theme;
    this.#root.dataset['theme'] = theme;
  }

  #kept(): Theme | null {
    try {
      const kept = this.#storage?.getItem(key);
      return kept === 'light' || kept === 'dark' ? kept : null;
    } catch {
      return null;
    }
  }
}
