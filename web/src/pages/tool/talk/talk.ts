import { signal, type Signal } from '@preact/signals';
import type { ChatMessage } from '../../../session/wire.ts';

export const filters = ['all', 'questions', 'private'] as const;
export type Filter = (typeof filters)[number];

/** What this person is about to say, and to whom; the tabs beside each other lead to it. */
export class Talk {
  /** The tab that is open. */
  readonly tab: Signal<string>;
  /** A participant, or "" for all. */
  readonly to = signal('');
  /** The message that is answered, or "". */
  readonly replyTo = signal('');
  /** The message is a question. */
  readonly asking = signal(false);
  readonly filter = signal<Filter>('all');
  /** Counts how often the entry was wanted: each time it takes the focus. */
  readonly wanted = signal(0);

  constructor(tab: Signal<string>) {
    this.tab = tab;
  }

  /** Begins a message to somebody. */
  write(to: string): void {
    this.to.value = to;
    this.replyTo.value = '';
    this.asking.value = false;
    this.#begin();
  }

  /** Begins a question to all. */
  ask(): void {
    this.write('');
    this.asking.value = true;
  }

  /** What was private stays so. */
  reply({ id, participant, to }: ChatMessage, self: string, inPrivate = to !== ''): void {
    this.to.value = inPrivate ? (participant === self ? to : participant) : '';
    this.replyTo.value = id;
    this.asking.value = false;
    this.#begin();
  }

  #begin(): void {
    this.tab.value = 'chat';
    this.wanted.value++;
  }
}
