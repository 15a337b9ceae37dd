import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Cancel, Timers } from './timers.ts';

/** The relay tells the past right after a room.state, piece by piece: so long after the last one it is complete… */
const settled = 250;
/** …and so long after the first at the latest. */
const longest = 3000;

/**
 * Things that the relay keeps for a room, by id, in its order. When it says everything anew, what
 * is shown stays until that has come: a list that empties and fills again loses the reader's place.
 */
export class Kept<T extends { id: string }> {
  readonly #items = signal<readonly T[]>([]);
  readonly #timers: Timers;
  #coming: T[] | null = null;
  #until = 0;
  #showing: Cancel = () => {};

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get items(): ReadonlySignal<readonly T[]> {
    return this.#items;
  }

  /** What comes from now on is everything. */
  renew(): void {
    this.#showing();
    this.#coming = null;
    if (this.#items.peek().length === 0) return;
    this.#coming = [];
    this.#until = this.#timers.now() + longest;
    this.#wait();
  }

  put(...items: readonly T[]): void {
    if (items.length > 0) this.#change((before) => merged(before, items));
  }

  remove(id: string): void {
    this.#change((before) => before.filter((item) => item.id !== id));
  }

  find(id: string): T | undefined {
    return this.#items.value.find((item) => item.id === id);
  }

  close(): void {
    this.#showing();
  }

  #change(change: (before: readonly T[]) => readonly T[]): void {
    if (this.#coming === null) {
      this.#items.value = change(this.#items.peek());
      return;
    }
    this.#coming = [...change(this.#coming)];
    this.#wait();
  }

  #wait(): void {
    this.#showing();
    const left = Math.max(0, this.#until - this.#timers.now());
    this.#showing = this.#timers.after(Math.min(settled, left), () => this.#show());
  }

  #show(): void {
    if (this.#coming === null) return;
    this.#items.value = this.#coming;
    this.#coming = null;
  }
}

function merged<T extends { id: string }>(before: readonly T[], items: readonly T[]): readonly T[] {
  const byId = new Map(before.map((item) => [item.id, item]));
  for (const item of items) byId.set(item.id, item);
  return [...byId.values()];
}
