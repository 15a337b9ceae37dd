import { computed, signal, type ReadonlySignal } from '@preact/signals-core';
import { Kept } from './kept.ts';
import { makeKey } from './key.ts';
import { Requests, type Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay, Poll } from './wire.ts';

export const pollLimits = { question: 300, option: 100, least: 2, most: 10 } as const;

/** A poll as somebody writes it. */
export interface Asked {
  question: string;
  options: string[];
  multiple: boolean;
  secret: boolean;
}

export interface PollsDeps {
  timers: Timers;
  random(): number;
}

/** The polls of the conference, and what this participant votes. */
export class Polls {
  readonly #line: Line;
  readonly #deps: PollsDeps;
  readonly #kept: Kept<Poll>;
  readonly #requests: Requests;
  readonly #deaf: Cancel;
  /** Votes that the relay has not confirmed. */
  readonly #votes = signal<ReadonlyMap<string, readonly number[]>>(new Map());
  readonly #seen = signal<ReadonlySet<string>>(new Set());
  /** Open polls that this person has neither seen nor opened. */
  readonly fresh: ReadonlySignal<readonly Poll[]>;

  constructor(line: Line, deps: PollsDeps) {
    this.#line = line;
    this.#deps = deps;
    this.#kept = new Kept(deps.timers);
    this.#deaf = line.listen((message) => this.#hear(message));
    this.#requests = new Requests(line, deps.timers);
    this.fresh = computed(() => this.#unseen());
  }

  get polls(): ReadonlySignal<readonly Poll[]> {
    return this.#kept.items;
  }

  get requests(): Requests {
    return this.#requests;
  }

  /** Gives the key by which `opened` finds the poll. */
  open(asked: Asked): string {
    const key = makeKey(this.#deps.random);
    this.#requests.ask(
      `open ${key}`,
      { type: 'poll.open', key, ...asked },
      () => this.opened(key) !== undefined,
    );
    return key;
  }

  opened(key: string): Poll | undefined {
    const self = this.#line.room.value?.self;
    return this.polls.value.find((poll) => poll.key === key && poll.participant === self);
  }

  /** Whether the relay has still to answer. */
  opening(key: string): boolean {
    return this.#requests.waits(`open ${key}`);
  }

  /** Takes the place of an earlier vote; without options it is taken back. */
  vote(poll: string, options: readonly number[]): void {
    const wanted = options.toSorted((a, b) => a - b);
    this.#votes.value = new Map(this.#votes.peek()).set(poll, wanted);
    const done = () => {
      const found = this.#kept.find(poll);
      const over = found === undefined || !found.open || same(found.own, wanted);
      if (over) this.#forget(poll);
      return over;
    };
    this.#requests.ask(`vote ${poll}`, { type: 'poll.vote', poll, options: wanted }, done);
  }

  /** The options that this participant has voted for, confirmed or on their way. */
  choice(poll: Poll): readonly number[] {
    return this.voting(poll.id) ? (this.#votes.value.get(poll.id) ?? poll.own) : poll.own;
  }

  /** Whether a vote is on its way. */
  voting(poll: string): boolean {
    return this.#requests.waits(`vote ${poll}`);
  }

  end(poll: string): void {
    const done = () => this.#kept.find(poll)?.open !== true;
    this.#requests.ask(`close ${poll}`, { type: 'poll.close', poll }, done);
  }

  remove(poll: string): void {
    const done = () => this.#kept.find(poll) === undefined;
    this.#requests.ask(`delete ${poll}`, { type: 'poll.delete', poll }, done);
  }

  /** The polls have been in sight, or the person does not want to be told of them. */
  markSeen(): void {
    if (this.fresh.peek().length === 0) return;
    this.#seen.value = new Set(this.polls.peek().map(({ id }) => id));
  }

  close(): void {
    this.#deaf();
    this.#requests.close();
    this.#kept.close();
  }

  #unseen(): readonly Poll[] {
    const self = this.#line.room.value?.self;
    const seen = this.#seen.value;
    return this.polls.value.filter(
      (poll) =>
        poll.open && poll.participant !== self && poll.own.length === 0 && !seen.has(poll.id),
    );
  }

  #forget(poll: string): void {
    const votes = new Map(this.#votes.peek());
    if (votes.delete(poll)) this.#votes.value = votes;
  }

  #hear(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#kept.renew();
        return;
      case 'poll.updated':
        this.#kept.put(message.poll);
        return;
      case 'poll.deleted':
        this.#kept.remove(message.id);
        return;
      default:
    }
  }
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((option) => other.includes(option));
}
