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
/** The relay tells what waits right after a room.state: what has not come by then is not there. */
const settled = 1000;
/** The connection may have been lost just before an answer was given, and takes so long to come back. */
const lost = 20_000;

/**
 * Presenting is handed over in one click: who is offered to present shares or declines; when their share starts, the
 * own share stops. A connection that is lost in the middle changes nothing: what was offered or answered is told again.
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
  /** What the other one shared already when presenting was offered. */
  #before: readonly string[] = [];
  /** The latest own answer, which the relay may not have. */
  #answered: { participant: string; no: boolean; at: number } | null = null;
  /** Whose no to an earlier offer the relay may tell once more: it does not know of the present one. */
  #declinedBy = '';
  /** The relay is telling what waits. */
  #catchingUp = false;
  #caughtUp: Cancel = () => {};

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

  /** Without a channel it waits for the next one. */
  offer(participant: string): void {
    const { channel, timers } = this.#deps;
    const found = channel.room.peek()?.participants.find(({ id }) => id === participant);
    if (found === undefined) return;
    this.#propose(participant);
    this.#before = this.#sharesOf(participant);
    this.#expiry();
    this.#offering.value = { participant, name: found.name, answer: 'waiting' };
    this.#expiry = timers.after(lives + choosing, () => this.#answer('unanswered'));
  }

  /** The answer to the own offer was told. */
  settle(): void {
    this.#expiry();
    this.#offering.value = null;
  }

  /** The offer was taken: the own share starts. */
  accept(): void {
    this.#reply(false);
  }

  decline(): void {
    this.#reply(true);
  }

  close(): void {
    this.#stop();
    this.#expiry();
    this.#offeredExpiry();
    this.#caughtUp();
  }

  #reply(no: boolean): void {
    const offered = this.#offered.peek();
    if (offered === null) return;
    const { participant } = offered;
    if (no) this.#deps.channel.send({ type: 'stage.decline', participant });
    this.#answered = { participant, no, at: this.#deps.timers.now() };
    this.#withdraw();
  }

  /** Nothing is asked any more. */
  #withdraw(): void {
    this.#offeredExpiry();
    this.#offered.value = null;
  }

  #take(message: FromRelay): void {
    const offering = this.#offering.peek();
    switch (message.type) {
      case 'room.state':
        // An offer that waits is told again.
        this.#withdraw();
        this.#catchUp();
        return;
      case 'stage.offered':
        this.#ask({ participant: message.participant, name: message.name });
        return;
      case 'stage.declined':
        if (message.participant === offering?.participant) this.#declined(message.participant);
        return;
      case 'publication.started':
        if (message.publication.participant === offering?.participant) this.#taken();
        // Who shares has gone on, however they came to it.
        if (message.publication.participant === this.#self) this.#withdraw();
        return;
      case 'participant.left':
        if (message.id === offering?.participant) this.#answer('unanswered');
        if (message.id === this.#offered.peek()?.participant) this.#withdraw();
        return;
      case 'error':
        if (message.re === 'stage.offer') this.#answer('refused');
        return;
      default:
    }
  }

  /** What became of the own offer meanwhile; one that is not answered may not have got there. */
  #catchUp(): void {
    const { channel, timers } = this.#deps;
    this.#catchingUp = true;
    this.#caughtUp();
    this.#caughtUp = timers.after(settled, () => {
      this.#catchingUp = false;
      const offering = this.#offering.peek();
      if (offering?.answer !== 'waiting') return;
      this.#propose(offering.participant);
    });
    const offering = this.#offering.peek();
    if (offering?.answer !== 'waiting') return;
    const { participant } = offering;
    const there = channel.room.peek()?.participants.some(({ id }) => id === participant);
    if (there !== true) this.#answer('unanswered');
    else if (this.#sharesOf(participant).some((id) => !this.#before.includes(id))) this.#taken();
  }

  /** An offer that was answered is told again when the answer was lost. */
  #ask(partner: Partner): void {
    const { channel, timers } = this.#deps;
    const { participant } = partner;
    const answered = this.#answered;
    const known = answered?.participant === participant && timers.now() - answered.at < lost;
    if (this.#catchingUp && known) {
      if (answered.no) channel.send({ type: 'stage.decline', participant });
      return;
    }
    this.#answered = null;
    this.#offeredExpiry();
    this.#offered.value = partner;
    this.#offeredExpiry = timers.after(lives, () => this.#withdraw());
  }

  #propose(participant: string): void {
    if (this.#deps.channel.send({ type: 'stage.offer', participant })) this.#declinedBy = '';
  }

  #declined(participant: string): void {
    if (this.#catchingUp && participant === this.#declinedBy) return;
    this.#declinedBy = participant;
    this.#answer('declined');
  }

  #taken(): void {
    if (this.#offering.peek()?.answer !== 'waiting') return;
    this.#answer('taken');
    this.#deps.stopSharing();
  }

  get #self(): string {
    return this.#deps.channel.room.peek()?.self ?? '';
  }

  #sharesOf(participant: string): readonly string[] {
    const publications = this.#deps.channel.room.peek()?.publications ?? [];
    return publications.filter((share) => share.participant === participant).map(({ id }) => id);
  }

  #answer(answer: Offering['answer']): void {
    const offering = this.#offering.peek();
    if (offering?.answer !== 'waiting') return;
    this.#expiry();
    this.#offering.value = { ...offering, answer };
    this.#expiry = this.#deps.timers.after(told, () => this.settle());
  }
}
