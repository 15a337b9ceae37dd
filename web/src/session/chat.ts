import { computed, effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { Kept } from './kept.ts';
import { Outbox, type Letter, type Outgoing } from './outbox.ts';
import { Requests, type Line } from './requests.ts';
import type { TalkMemory, Whose } from './talkmemory.ts';
import type { Cancel, Timers } from './timers.ts';
import type { ChatMessage, FromRelay } from './wire.ts';

export const maxMessage = 2000;

export interface ChatDeps {
  timers: Timers;
  random(): number;
  memory: Pick<TalkMemory, 'recall' | 'keep'>;
}

/** What the participants write to each other, and what this one wrote and the relay has not confirmed. */
export class Chat {
  readonly #line: Line;
  readonly #kept: Kept<ChatMessage>;
  readonly #outbox: Outbox;
  readonly #requests: Requests;
  readonly #memory: ChatDeps['memory'];
  readonly #drafts = signal<ReadonlyMap<string, string>>(new Map());
  readonly #read = signal<ReadonlySet<string>>(new Set());
  readonly #resumed = signal<string | null>(null);
  readonly #stops: Cancel[];
  #recalled = false;
  /** Others' messages that this person has not had in sight. */
  readonly unread: ReadonlySignal<number>;

  constructor(line: Line, deps: ChatDeps) {
    this.#line = line;
    this.#memory = deps.memory;
    this.#kept = new Kept(deps.timers);
    this.#outbox = new Outbox(line, deps);
    const deaf = line.listen((message) => this.#hear(message));
    this.#requests = new Requests(line, deps.timers);
    this.unread = computed(() => this.#unreadIn(this.messages.value).length);
    const confirm = effect(() => {
      const self = line.room.value?.self;
      const own = this.messages.value.filter(({ participant }) => participant === self);
      this.#outbox.confirm(own.map(({ key }) => key));
    });
    this.#stops = [deaf, confirm];
  }

  get messages(): ReadonlySignal<readonly ChatMessage[]> {
    return this.#kept.items;
  }

  get outgoing(): ReadonlySignal<readonly Outgoing[]> {
    return this.#outbox.letters;
  }

  get requests(): Requests {
    return this.#requests;
  }

  find(id: string): ChatMessage | undefined {
    return this.#kept.find(id);
  }

  send(letter: Letter): void {
    this.#outbox.send(letter);
  }

  retry(key: string): void {
    this.#outbox.retry(key);
  }

  discard(key: string): void {
    this.#outbox.discard(key);
  }

  remove(id: string): void {
    const done = () => this.#kept.find(id) === undefined;
    this.#requests.ask(`delete ${id}`, { type: 'chat.delete', id }, done);
  }

  /** Whether a deletion is on its way. */
  removing(id: string): boolean {
    return this.#requests.waits(`delete ${id}`);
  }

  answer(id: string, answered: boolean): void {
    const done = () => (this.#kept.find(id)?.answered ?? answered) === answered;
    this.#requests.ask(`answer ${id}`, { type: 'chat.answer', id, answered }, done);
  }

  /** What was typed to somebody ("" for all) and not sent. */
  draft(to: string): string {
    return this.#drafts.value.get(to) ?? '';
  }

  keepDraft(to: string, text: string): void {
    const drafts = new Map(this.#drafts.peek());
    drafts.delete(to);
    if (text !== '') drafts.set(to, text);
    this.#drafts.value = drafts;
    this.#remember();
  }

  /** To whom this person was writing before the page was loaded anew; null when that is not known. */
  get resumed(): ReadonlySignal<string | null> {
    return this.#resumed;
  }

  /** Everything that is there now has been in sight. */
  markRead(): void {
    const messages = this.messages.peek();
    if (this.#unreadIn(messages).length === 0) return;
    this.#read.value = new Set(messages.map(({ id }) => id));
    this.#remember();
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#requests.close();
    this.#outbox.close();
    this.#kept.close();
  }

  #whose(): Whose | null {
    const room = this.#line.room.peek();
    const self = room?.participants.find(({ id }) => id === room.self);
    if (room === null || self === undefined) return null;
    return { conference: room.conference, participant: self.id, name: self.name };
  }

  /** What the page knew before it was loaded anew; what was typed here already stays. */
  #recall(): void {
    const whose = this.#whose();
    if (this.#recalled || whose === null) return;
    this.#recalled = true;
    const begun = this.#memory.recall(whose);
    if (begun === null) return;
    this.#resumed.value = [...begun.drafts.keys()].at(-1) ?? null;
    this.#drafts.value = new Map([...begun.drafts, ...this.#drafts.peek()]);
    this.#read.value = begun.read;
  }

  #remember(): void {
    const whose = this.#whose();
    if (whose === null) return;
    this.#memory.keep(whose, { drafts: this.#drafts.peek(), read: this.#read.peek() });
  }

  #unreadIn(messages: readonly ChatMessage[]): readonly ChatMessage[] {
    const self = this.#line.room.value?.self;
    const read = this.#read.value;
    return messages.filter(({ id, participant }) => participant !== self && !read.has(id));
  }

  #hear(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#recall();
        this.#kept.renew();
        return;
      case 'chat.history':
        this.#kept.put(...message.messages);
        return;
      case 'chat.message':
      case 'chat.updated':
        this.#kept.put(message.message);
        return;
      case 'chat.deleted':
        this.#kept.remove(message.id);
        return;
      default:
    }
  }
}
