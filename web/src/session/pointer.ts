import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Channel } from './channel.ts';
import { coordinate } from './surface.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** Where somebody points. */
export interface Pointed {
  surface: string;
  name: string;
  x: number;
  y: number;
}

export interface PointersDeps {
  channel: Channel;
  timers: Timers;
}

/** About eight times a second. */
const every = 125;
/** A pointer that has not moved for so long is gone. */
const fades = 3000;

/** Where everybody points: the own pointer is sent at a bounded rate, the latest place wins. */
export class Pointers {
  /** By participant. */
  readonly #others = signal<ReadonlyMap<string, Pointed>>(new Map());
  readonly #deps: PointersDeps;
  readonly #stop: Cancel;
  readonly #fading = new Map<string, Cancel>();
  #place: { surface: string; x: number; y: number } | null = null;
  #sending: Cancel | null = null;
  #sentAt = -Infinity;
  /** The relay was told a place that has not been taken back. */
  #told = false;

  constructor(deps: PointersDeps) {
    this.#deps = deps;
    this.#stop = deps.channel.listen((message) => this.#take(message));
  }

  get others(): ReadonlySignal<ReadonlyMap<string, Pointed>> {
    return this.#others;
  }

  move(surface: string, x: number, y: number): void {
    this.#place = { surface, x: coordinate(x), y: coordinate(y) };
    if (this.#sending !== null) return;
    const wait = this.#sentAt + every - this.#deps.timers.now();
    if (wait <= 0) this.#send();
    else
      this.#sending = this.#deps.timers.after(wait, () => {
        this.#sending = null;
        this.#send();
      });
  }

  hide(): void {
    this.#place = null;
    this.#sending?.();
    this.#sending = null;
    if (this.#told) this.#deps.channel.send({ type: 'pointer.hide' });
    this.#told = false;
  }

  close(): void {
    this.#stop();
    this.#sending?.();
    this.#sending = null;
    this.#forgetAll();
  }

  #send(): void {
    if (this.#place === null) return;
    this.#sentAt = this.#deps.timers.now();
    this.#told = this.#deps.channel.send({ type: 'pointer.move', ...this.#place });
    this.#place = null;
  }

  #take(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#told = false;
        this.#forgetAll();
        return;
      case 'pointer.moved': {
        const { participant, surface, name, x, y } = message;
        if (participant === this.#deps.channel.room.peek()?.self) return;
        this.#others.value = new Map(this.#others.peek()).set(participant, { surface, name, x, y });
        this.#fading.get(participant)?.();
        const forget = () => this.#forget(participant);
        this.#fading.set(participant, this.#deps.timers.after(fades, forget));
        return;
      }
      case 'pointer.hidden':
        this.#forget(message.participant);
        return;
      case 'participant.left':
        this.#forget(message.id);
        return;
      default:
    }
  }

  #forget(participant: string): void {
    this.#fading.get(participant)?.();
    this.#fading.delete(participant);
    if (!this.#others.peek().has(participant)) return;
    const others = new Map(this.#others.peek());
    others.delete(participant);
    this.#others.value = others;
  }

  #forgetAll(): void {
    for (const cancel of this.#fading.values()) cancel();
    this.#fading.clear();
    this.#others.value = new Map();
  }
}
