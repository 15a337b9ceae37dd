import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** Something that a person who does not see the screen wants to hear of. */
export interface Notice {
  kind: 'message' | 'private' | 'question' | 'hand' | 'poll';
  name: string;
  text: string;
}

/** What comes in quick succession is said in one sentence… */
const gather = 500;
/** …and a lively conference is not read out without a pause. */
const pause = 5000;
/** What the relay tells right after a room.state is the past. */
const past = 1000;

/** Collects what happens, and gives it in batches, so that a screen reader is not flooded. */
export class Notices {
  readonly #said = signal<readonly Notice[]>([]);
  readonly #line: Line;
  readonly #timers: Timers;
  readonly #deaf: Cancel;
  readonly #polls = new Set<string>();
  readonly #hands = new Set<string>();
  #waiting: Notice[] = [];
  #next: Cancel | null = null;
  #saidAt = -Infinity;
  #stateAt = -Infinity;

  constructor(line: Line, timers: Timers) {
    this.#line = line;
    this.#timers = timers;
    this.#deaf = line.listen((message) => this.#hear(message));
  }

  /** The latest batch. */
  get said(): ReadonlySignal<readonly Notice[]> {
    return this.#said;
  }

  close(): void {
    this.#deaf();
    this.#next?.();
  }

  #hear(message: FromRelay): void {
    const room = this.#line.room.peek();
    const self = room?.self ?? '';
    switch (message.type) {
      case 'room.state':
        this.#stateAt = this.#timers.now();
        this.#hands.clear();
        for (const { id, status } of message.participants)
          if (status === 'hand') this.#hands.add(id);
        return;
      case 'participant.updated': {
        const { id, name, status } = message.participant;
        if (status !== 'hand') this.#hands.delete(id);
        else if (!this.#hands.has(id)) {
          this.#hands.add(id);
          const presents = room?.participants.find((each) => each.id === self)?.presents ?? false;
          if (presents && id !== self) this.#add({ kind: 'hand', name, text: '' });
        }
        return;
      }
      case 'chat.message': {
        const { participant, name, text, to, question } = message.message;
        const kind = question ? 'question' : to === '' ? 'message' : 'private';
        if (participant !== self) this.#add({ kind, name, text });
        return;
      }
      case 'poll.updated': {
        const { id, name, question, open, participant } = message.poll;
        const known = this.#polls.has(id) || this.#timers.now() - this.#stateAt < past;
        this.#polls.add(id);
        if (!known && open && participant !== self)
          this.#add({ kind: 'poll', name, text: question });
        return;
      }
      default:
    }
  }

  #add(notice: Notice): void {
    this.#waiting.push(notice);
    if (this.#next !== null) return;
    const due = Math.max(gather, this.#saidAt + pause - this.#timers.now());
    this.#next = this.#timers.after(due, () => {
      this.#next = null;
      this.#saidAt = this.#timers.now();
      this.#said.value = this.#waiting;
      this.#waiting = [];
    });
  }
}
