import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** Who watches one of the own shares. The relay names some of them, and counts all. */
export interface Watched {
  count: number;
  viewers: readonly string[];
}

/** What is said of it: that somebody watches, or nobody any more; "" where there is nothing to say. */
export type Said = '' | 'some' | 'none';

/** A viewer who reconnects is away for less: that is not said. */
const lasts = 4000;

/** Who watches what this participant shares, by the share. */
export class Audience {
  readonly #watched = signal<ReadonlyMap<string, Watched>>(new Map());
  readonly #said = signal<Said>('');
  readonly #timers: Timers;
  readonly #deaf: Cancel;
  #saying: Cancel | null = null;

  constructor(line: Pick<Line, 'listen'>, timers: Timers) {
    this.#timers = timers;
    this.#deaf = line.listen((message) => this.#hear(message));
  }

  get watched(): ReadonlySignal<ReadonlyMap<string, Watched>> {
    return this.#watched;
  }

  /** Changes only with what has lasted: how many they are is not said again and again. */
  get said(): ReadonlySignal<Said> {
    return this.#said;
  }

  close(): void {
    this.#deaf();
    this.#saying?.();
  }

  #hear(message: FromRelay): void {
    const watched = new Map(this.#watched.peek());
    switch (message.type) {
      case 'room.state': {
        // The relay tells it again.
        const live = new Set(message.publications.map(({ id }) => id));
        for (const id of watched.keys()) if (!live.has(id)) watched.delete(id);
        break;
      }
      case 'publication.watched':
        watched.set(message.id, { count: message.count, viewers: message.viewers });
        break;
      case 'publication.stopped':
        watched.delete(message.id);
        break;
      default:
        return;
    }
    this.#watched.value = watched;
    this.#consider();
  }

  #consider(): void {
    const now = this.#now();
    if (now === this.#said.peek()) {
      this.#saying?.();
      this.#saying = null;
    } else {
      this.#saying ??= this.#timers.after(lasts, () => {
        this.#saying = null;
        this.#said.value = this.#now();
      });
    }
  }

  /** Nobody is worth a word only after somebody. */
  #now(): Said {
    const watched = [...this.#watched.peek().values()];
    if (watched.length === 0) return '';
    if (watched.some(({ count }) => count > 0)) return 'some';
    return this.#said.peek() === '' ? '' : 'none';
  }
}
