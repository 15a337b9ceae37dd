import type { Cancel, Timers } from './timers.ts';
import { inputLimits, type InputEvent } from './wire.ts';

/** A little below what the relay takes. */
const every = Math.ceil(1000 / inputLimits.perSecond) + 1;
/** Until a network that is full is tried again; what passes is gathered meanwhile. */
const stalled = 100;
/** What waits at most; nobody types so fast, and nobody means to insert so much. */
const most = 2048;
/** What is let go must arrive: there is always room for so much of it. */
const reserve = 256;

/** What a controller does, in batches: where the mouse was in between is left out, and turns of the wheel are added up. */
export class InputQueue {
  readonly #send: (events: InputEvent[]) => boolean;
  readonly #timers: Timers;
  #waiting: InputEvent[] = [];
  #sentAt = -Infinity;
  #next: Cancel | null = null;

  /** `send` says false when the network takes nothing now: the same events come again. */
  constructor(send: (events: InputEvent[]) => boolean, timers: Timers) {
    this.#send = send;
    this.#timers = timers;
  }

  add(event: InputEvent): void {
    const last = this.#waiting.at(-1);
    const rounded = within(event);
    if (last !== undefined && last.kind === event.kind && isPassing(event)) {
      this.#waiting[this.#waiting.length - 1] = joined(last, rounded);
    } else if (this.#waiting.length < most + (isRelease(event) ? reserve : 0)) {
      this.#waiting.push(rounded);
    }
    this.#begin();
  }

  /** What belongs together: all of it, or false and nothing. */
  addAll(events: readonly InputEvent[]): boolean {
    if (this.#waiting.length + events.length > most) return false;
    this.#waiting.push(...events.map(within));
    this.#begin();
    return true;
  }

  /** Forgets what has not been sent. */
  clear(): void {
    this.#next?.();
    this.#next = null;
    this.#waiting = [];
  }

  /** Sends what waits at once, whatever the pace. */
  hurry(): void {
    while (this.#waiting.length > 0) {
      if (!this.#flush()) return;
    }
    this.#next?.();
    this.#next = null;
  }

  #begin(): void {
    if (this.#next !== null) return;
    const pause = this.#sentAt + every - this.#timers.now();
    if (pause <= 0) this.#flush();
    else this.#wait(pause);
  }

  #flush(): boolean {
    const events = this.#waiting.slice(0, inputLimits.events);
    if (events.length === 0) return true;
    this.#sentAt = this.#timers.now();
    if (!this.#send(events)) {
      this.#wait(stalled);
      return false;
    }
    this.#waiting.splice(0, events.length);
    if (this.#waiting.length > 0) this.#wait(every);
    return true;
  }

  #wait(pause: number): void {
    this.#next?.();
    this.#next = this.#timers.after(pause, () => {
      this.#next = null;
      this.#flush();
    });
  }
}

function isPassing({ kind }: InputEvent): boolean {
  return kind === 'move' || kind === 'wheel';
}

export function isRelease({ kind }: InputEvent): boolean {
  return kind === 'up' || kind === 'keyup';
}

function joined(one: InputEvent, other: InputEvent): InputEvent {
  if (one.kind === 'move') return other;
  const dx = bounded((one.dx ?? 0) + (other.dx ?? 0), inputLimits.notches);
  const dy = bounded((one.dy ?? 0) + (other.dy ?? 0), inputLimits.notches);
  return { ...other, dx, dy };
}

/** In the bounds that the relay has, and with no more digits than a pixel needs. */
function within(event: InputEvent): InputEvent {
  const { x, y, dx, dy } = event;
  return {
    ...event,
    ...(x !== undefined && { x: digits(Math.min(Math.max(x, 0), 1)) }),
    ...(y !== undefined && { y: digits(Math.min(Math.max(y, 0), 1)) }),
    ...(dx !== undefined && { dx: digits(bounded(dx, inputLimits.notches)) }),
    ...(dy !== undefined && { dy: digits(bounded(dy, inputLimits.notches)) }),
  };
}

function bounded(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}

function digits(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 100_000) / 100_000 : 0;
}
