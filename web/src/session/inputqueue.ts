import type { Cancel, Timers } from './timers.ts';
import { inputLimits, type InputEvent } from './wire.ts';

/** A little below what the relay takes. */
const every = Math.ceil(1000 / inputLimits.perSecond) + 1;
/** What waits at most; nobody types so fast. */
const most = 256;

/** What a controller does, in batches: where the mouse was in between is left out, and turns of the wheel are added up. */
export class InputQueue {
  readonly #send: (events: InputEvent[]) => void;
  readonly #timers: Timers;
  #waiting: InputEvent[] = [];
  #sentAt = -Infinity;
  #next: Cancel | null = null;

  constructor(send: (events: InputEvent[]) => void, timers: Timers) {
    this.#send = send;
    this.#timers = timers;
  }

  add(event: InputEvent): void {
    const last = this.#waiting.at(-1);
    const rounded = within(event);
    if (last !== undefined && last.kind === event.kind && isPassing(event)) {
      this.#waiting[this.#waiting.length - 1] = joined(last, rounded);
    } else {
      this.#makeRoom();
      this.#waiting.push(rounded);
    }
    if (this.#next !== null) return;
    const pause = this.#sentAt + every - this.#timers.now();
    if (pause <= 0) this.#flush();
    else this.#wait(pause);
  }

  /** Forgets what has not been sent. */
  clear(): void {
    this.#next?.();
    this.#next = null;
    this.#waiting = [];
  }

  /** Sends what waits at once, whatever the pace. */
  hurry(): void {
    while (this.#waiting.length > 0) this.#flush();
    this.#next?.();
    this.#next = null;
  }

  #flush(): void {
    const events = this.#waiting.splice(0, inputLimits.events);
    if (events.length === 0) return;
    this.#sentAt = this.#timers.now();
    this.#send(events);
    if (this.#waiting.length > 0) this.#wait(every);
  }

  #wait(pause: number): void {
    this.#next = this.#timers.after(pause, () => {
      this.#next = null;
      this.#flush();
    });
  }

  /** What passes goes first; what is let go must arrive. */
  #makeRoom(): void {
    if (this.#waiting.length < most) return;
    const passing = this.#waiting.findIndex(isPassing);
    const pressing = this.#waiting.findIndex(({ kind }) => kind !== 'up' && kind !== 'keyup');
    this.#waiting.splice(passing >= 0 ? passing : Math.max(pressing, 0), 1);
  }
}

function isPassing({ kind }: InputEvent): boolean {
  return kind === 'move' || kind === 'wheel';
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
