import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { Channel } from './channel.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** Somebody who offers, or is offered, to present. */
export interface Partner {
  participant: string;
  name: string;
}

/** How an own offer stands. */
export interface Offering extends Partner {
  answer: 'waiting' | 'taken' | 'declined' | 'unanswered' | 'refused';
}

export interface HandoverDeps {
  channel: Channel;
  timers: Timers;
  /** Ends the own share. */
  stopSharing(): void;
}

/** Offers live for so long. */
const lives = 60_000;
/** An answer is told for so long. */
const told = 15_000;
/** Who took it in time may still be choosing what to share. */
const choosing = 30_000;

/**
 * Presenting is handed over in one click: who is offered to present shares or declines; when their share starts, the
 * own share stops.
 *
 *     offering: waiting -> taken | declined | unanswered | refused
 */
export class Handover {
  readonly #offering = signal<Offering | null>(null);
  readonly #offered = signal<Partner | null>(null);
  readonly #deps: HandoverDeps;
  readonly #stop: Cancel;
  #expiry: Cancel = () => {};
  #offeredExpiry: Cancel = () => {};

  constructor(deps: HandoverDeps) {
    this.#deps = deps;
    this.#stop = deps.channel.listen((message) => this.#take(message));
  }

  get offering(): ReadonlySignal<Offering | null> {
    return this.#offering;
  }

  /** Who offers this participant to present. */
  get offered(): ReadonlySignal<Partner | null> {
    return this.#offered;
  }

  offer(participant: string): void {
    const { channel, timers } = this.#deps;
    const found = channel.room.peek()?.participants.find(({ id }) => id === participant);
    if (found === undefined) return;
    const sent = channel.send({ type: 'stage.offer', participant });
    this.#expiry();
    this.#offering.value = { participant, name: found.name, answer: 'waiting' };
    this.#expiry = timers.after(lives + choosing, () => this.#answer('unanswered'));
    if (!sent) this.#answer('refused');
  }

  /** The answer to the own offer was told. */
  settle(): void {
    this.#expiry();
    this.#offering.value = null;
  }

  /** The offer was taken: the own share starts. */
  accept(): void {
    this.#offeredExpiry();
    this.#offered.value = null;
  }

  decline(): void {
    const offered = this.#offered.peek();
    if (offered === null) return;
    this.#deps.channel.send({ type: 'stage.decline', participant: offered.participant });
    this.accept();
  }

  close(): void {
    this.#stop();
    this.#expiry();
    this.#offeredExpiry();
  }

  #take(message: FromRelay): void {
    const offering = this.#offering.peek();
    switch (message.type) {
      case 'room.state':
        // An offer that waits is told again.
        this.accept();
        return;
      case 'stage.offered':
        this.#offeredExpiry();
        this.#offered.value = { participant: message.participant, name: message.name };
        this.#offeredExpiry = this.#deps.timers.after(lives, () => this.accept());
        return;
      case 'stage.declined':
        if (message.participant === offering?.participant) this.#answer('declined');
        return;
      case 'publication.started':
        if (message.publication.participant !== offering?.participant) return;
        if (offering.answer !== 'waiting') return;
        this.#answer('taken');
        this.#deps.stopSharing();
        return;
      case 'participant.left':
        if (message.id === offering?.participant) this.#answer('unanswered');
        if (message.id === this.#offered.peek()?.participant) this.accept();
        return;
      case 'error':
        if (message.re === 'stage.offer') this.#answer('refused');
        return;
      default:
    }
  }

  #answer(answer: Offering['answer']): void {
    const offering = this.#offering.peek();
    if (offering?.answer !== 'waiting') return;
    this.#expiry();
    this.#offering.value = { ...offering, answer };
    this.#expiry = this.#deps.timers.after(told, () => this.settle());
  }
}
