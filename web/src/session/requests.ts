import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { ControlChannel } from './control.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay, ToRelay } from './wire.ts';

/** What the parts of the work need of the control channel. */
export type Line = Pick<ControlChannel, 'listen' | 'send' | 'room' | 'grant' | 'state'>;

/** The relay did not do what was asked. */
export interface Refused {
  re: string;
  code: string;
}

interface Request {
  message: ToRelay;
  /** Whether what was asked for is so. */
  done(): boolean;
}

/** Nobody presses so many buttons while there is no network. */
const most = 64;
const rateLimited = 1200;

/**
 * What was asked of the relay and is not done yet. It is asked again after a reconnection, so that
 * nothing which was pressed in a cut is lost; asking twice means the same.
 */
export class Requests {
  readonly #open = signal<ReadonlyMap<string, Request>>(new Map());
  readonly #refused = signal<Refused | null>(null);
  readonly #line: Line;
  readonly #timers: Timers;
  readonly #deaf: Cancel;
  #later: Cancel = () => {};

  constructor(line: Line, timers: Timers) {
    this.#line = line;
    this.#timers = timers;
    this.#deaf = line.listen((message) => this.#hear(message));
  }

  /** The latest refusal, until it is read or something is asked. */
  get refused(): ReadonlySignal<Refused | null> {
    return this.#refused;
  }

  /** A later request on the same subject takes the earlier one's place. */
  ask(subject: string, message: ToRelay, done: () => boolean): void {
    this.#refused.value = null;
    const open = new Map(this.#open.peek());
    open.delete(subject);
    if (open.size >= most) return;
    open.set(subject, { message, done });
    this.#open.value = open;
    this.#line.send(message);
  }

  waits(subject: string): boolean {
    return this.#open.value.has(subject);
  }

  drop(subject: string): void {
    this.#keep((candidate) => candidate !== subject);
  }

  forgive(): void {
    this.#refused.value = null;
  }

  close(): void {
    this.#deaf();
    this.#later();
  }

  #hear(message: FromRelay): void {
    if (message.type === 'error') this.#refuse(message);
    this.#keep((_, request) => !request.done());
    if (message.type === 'room.state') this.#again();
  }

  #refuse({ re, code, key }: FromRelay & { type: 'error' }): void {
    const concerned = ({ message }: Request) =>
      message.type === re && (key === '' || !('key' in message) || message.key === key);
    if (![...this.#open.peek().values()].some(concerned)) return;
    if (code === 'rate-limited') {
      this.#later();
      this.#later = this.#timers.after(rateLimited, () => this.#again());
      return;
    }
    this.#keep((_, request) => !concerned(request));
    // What has gone meanwhile needs nothing done to it.
    if (code !== 'not-found') this.#refused.value = { re, code };
  }

  #again(): void {
    for (const { message } of this.#open.peek().values()) this.#line.send(message);
  }

  #keep(wanted: (subject: string, request: Request) => boolean): void {
    const before = this.#open.peek();
    const after = new Map([...before].filter(([subject, request]) => wanted(subject, request)));
    if (after.size < before.size) this.#open.value = after;
  }
}
