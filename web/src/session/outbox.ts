import { signal, type ReadonlySignal } from '@preact/signals-core';
import { makeKey } from './key.ts';
import type { Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** A message as somebody writes it; `to` is a participant, or "" for all. */
export interface Letter {
  text: string;
  to: string;
  replyTo: string;
  question: boolean;
}

/** A message that the relay has not confirmed. */
export interface Outgoing extends Letter {
  key: string;
  /** Why it was not taken, as a code; "" while it is on its way. */
  failed: string;
}

export interface OutboxDeps {
  timers: Timers;
  random(): number;
}

/** The relay takes a burst of 5 and then one a second; a little less is never refused. */
const burst = 4;
const every = 1100;
/** The relay answers at once; what has no answer on an open channel was not taken. */
const patience = 10_000;
const most = 100;

/**
 * Own messages until the relay confirms them by their key. After a reconnection they are sent
 * again with the same key, which the relay takes once. They leave in the order of writing, and not
 * faster than the relay takes them.
 */
export class Outbox {
  readonly #letters = signal<readonly Outgoing[]>([]);
  readonly #line: Line;
  readonly #deps: OutboxDeps;
  readonly #deaf: Cancel;
  /** Sent on the present channel, with when. */
  readonly #sent = new Map<string, number>();
  #tokens = burst;
  #filledAt: number;
  #next: Cancel | null = null;

  constructor(line: Line, deps: OutboxDeps) {
    this.#line = line;
    this.#deps = deps;
    this.#filledAt = deps.timers.now();
    this.#deaf = line.listen((message) => this.#hear(message));
  }

  get letters(): ReadonlySignal<readonly Outgoing[]> {
    return this.#letters;
  }

  send(letter: Letter): void {
    const outgoing = { ...letter, key: makeKey(this.#deps.random), failed: '' };
    if (this.#letters.peek().length >= most) outgoing.failed = 'rate-limited';
    this.#letters.value = [...this.#letters.peek(), outgoing];
    this.#pump();
  }

  /** Sends a refused message again. */
  retry(key: string): void {
    this.#fail(key, '');
    this.#pump();
  }

  discard(key: string): void {
    this.confirm([key]);
  }

  confirm(keys: readonly string[]): void {
    const before = this.#letters.peek();
    const left = before.filter(({ key }) => !keys.includes(key));
    if (left.length < before.length) this.#letters.value = left;
    for (const key of keys) this.#sent.delete(key);
  }

  close(): void {
    this.#deaf();
    this.#next?.();
  }

  #hear(message: FromRelay): void {
    if (message.type === 'room.state') {
      this.#sent.clear();
      this.#pump();
    } else if (message.type === 'error' && message.re === 'chat.send') {
      this.#refused(message.key, message.code);
    }
  }

  #refused(key: string, code: string): void {
    if (code === 'rate-limited') {
      this.#sent.delete(key);
      this.#tokens = 0;
      this.#filledAt = this.#deps.timers.now();
      this.#pump();
    } else {
      this.#fail(key, code);
    }
  }

  #fail(key: string, failed: string): void {
    this.#sent.delete(key);
    this.#letters.value = this.#letters
      .peek()
      .map((letter) => (letter.key === key ? { ...letter, failed } : letter));
  }

  /** Sends what may be sent now, and comes back for the rest. */
  #pump(): void {
    this.#next?.();
    this.#next = null;
    const now = this.#deps.timers.now();
    this.#fill(now);
    for (const [key, at] of this.#sent) if (now - at >= patience) this.#fail(key, 'timeout');
    const waiting = this.#letters
      .peek()
      .filter(({ key, failed }) => failed === '' && !this.#sent.has(key));
    for (const letter of waiting) {
      if (this.#tokens < 1 || !this.#write(letter)) break;
      this.#tokens--;
      this.#sent.set(letter.key, now);
    }
    // Without a channel the next room.state comes back here.
    const open = this.#line.state.peek().phase === 'open';
    if (open && this.#letters.peek().some(({ failed }) => failed === '')) {
      this.#next = this.#deps.timers.after(every, () => this.#pump());
    }
  }

  #write({ key, text, to, replyTo, question }: Outgoing): boolean {
    return this.#line.send({ type: 'chat.send', key, text, to, replyTo, question });
  }

  #fill(now: number): void {
    const earned = Math.floor((now - this.#filledAt) / every);
    this.#filledAt += earned * every;
    this.#tokens = Math.min(burst, this.#tokens + earned);
  }
}
