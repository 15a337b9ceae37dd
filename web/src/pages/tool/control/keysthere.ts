import { signal } from '@preact/signals';

/** Whether the keys of this page go to the desktop of somebody else. */
export class KeysThere {
  readonly on = signal(false);
  /** What takes them, while that desktop is in sight. */
  #field: HTMLElement | null = null;

  /** From now on, until what comes back is called. */
  follow(field: HTMLElement): () => void {
    this.#field = field;
    const done = new AbortController();
    const note = () => (this.on.value = document.activeElement === field);
    field.addEventListener('focus', note, { signal: done.signal });
    // Another window has the focus now and gives it back: nothing moves on this page.
    field.addEventListener('blur', note, { signal: done.signal });
    return () => {
      done.abort();
      this.#field = null;
      this.on.value = false;
    };
  }

  take(): void {
    this.#field?.focus({ preventScroll: true });
  }
}
