import { signal, type ReadonlySignal } from '@preact/signals-core';
import { isFinal, type JoinToken } from './api.ts';
import { backoff, patience } from './backoff.ts';
import { CarrierChoice, type Carrier, type CarrierKind, type Hearing } from './carrier.ts';
import type { Log } from './log.ts';
import { asProblem, Problem } from './problem.ts';
import { PollCarrier, type PollDeps } from './poll.ts';
import type { Reach } from './reach.ts';
import { apply, roomOf, type Room } from './room.ts';
import { SocketCarrier } from './socket.ts';
import type { Cancel } from './timers.ts';
import { closed, type FromRelay, type ToRelay } from './wire.ts';

/** Why the channel is closed for good. `refused` carries the problem; `locked`: nobody new is let in. */
export type Closing = 'left' | 'ended' | 'removed' | 'replaced' | 'locked' | 'refused';

export type ControlState =
  /** `problem`: why the latest attempt failed. */
  | { phase: 'connecting'; problem: Problem | null }
  | { phase: 'open' }
  | { phase: 'lost'; problem: Problem | null }
  | { phase: 'closed'; reason: Closing; problem: Problem | null };

export interface ControlDeps extends PollDeps {
  reach: Reach;
  socket(url: string, protocol: string): WebSocket;
  log: Log;
}

/** Silence after which the relay, which speaks every second, counts as gone. */
const silence = 3000;
/** A page that was asleep finds its timer due before the messages that arrived meanwhile. */
const grace = 200;
/** The least pause when the relay says that it is full. */
const later = 2000;

/**
 * The control channel: says hello, answers heartbeats, keeps the room, and comes back by itself
 * for as long as the page is open and the server does not say no.
 *
 *     connecting -> open <-> lost;  any -> closed
 */
export class ControlChannel {
  readonly #state = signal<ControlState>({ phase: 'connecting', problem: null });
  readonly #room = signal<Room | null>(null);
  readonly #grant = signal<JoinToken | null>(null);
  readonly #deps: ControlDeps;
  readonly #choice = new CarrierChoice();
  readonly #listeners = new Set<(message: FromRelay) => void>();
  #kind: CarrierKind = 'socket';
  #carrier: Carrier | null = null;
  /** The relay has spoken in this attempt. */
  #heard = false;
  /** Counts attempts ever made; an answer to an older one is ignored. */
  #epoch = 0;
  #attempt = 0;
  #heardAt = 0;
  /** The relay's refusal of this attempt's hello. */
  #refusal: Problem | null = null;
  /** A choice of a share that the relay has not been told. */
  #untold: string | null = null;
  #deadline: Cancel = () => {};
  #retry: Cancel | null = null;

  constructor(deps: ControlDeps) {
    this.#deps = deps;
  }

  get state(): ReadonlySignal<ControlState> {
    return this.#state;
  }

  get room(): ReadonlySignal<Room | null> {
    return this.#room;
  }

  /** The latest join token's answer: who this participant is and what is allowed. */
  get grant(): ReadonlySignal<JoinToken | null> {
    return this.#grant;
  }

  open(): void {
    void this.#connect();
  }

  /** Tries at once instead of waiting: the network is back or the page is looked at again. */
  retryNow(): void {
    if (this.#retry === null) return;
    this.#attempt = 0;
    this.#retry();
    this.#retry = null;
    void this.#connect();
  }

  /** Pins a share; "" follows the conference again. */
  select(publication: string): void {
    const room = this.#room.value;
    if (room === null) return;
    this.#room.value = { ...room, selected: publication };
    this.#untold = this.#send({ type: 'view.select', publication }) ? null : publication;
  }

  /**
   * Calls back with every message of the relay, after the room has taken it, until it is cancelled.
   * A room.state says everything anew: what the messages after it do not repeat is gone.
   */
  listen(take: (message: FromRelay) => void): Cancel {
    this.#listeners.add(take);
    return () => this.#listeners.delete(take);
  }

  /** False when there is no channel to send on. */
  send(message: ToRelay): boolean {
    return this.#state.value.phase === 'open' && this.#send(message);
  }

  close(): void {
    this.#end('left');
  }

  async #connect(kind = this.#choice.next()): Promise<void> {
    const epoch = ++this.#epoch;
    const allowed = patience(this.#attempt);
    let grant: JoinToken;
    try {
      grant = await this.#deps.reach.token(allowed);
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      const problem = asProblem(cause);
      if (isFinal(problem)) {
        this.#end('refused', problem);
      } else {
        this.#lose(`no token: ${problem.code}`, problem);
      }
      return;
    }
    if (epoch !== this.#epoch) return;
    this.#refusal = null;
    this.#grant.value = grant;
    this.#listen(kind, grant, allowed);
  }

  #listen(kind: CarrierKind, grant: JoinToken, allowed: number): void {
    const epoch = this.#epoch;
    this.#kind = kind;
    this.#heard = false;
    const hearing: Hearing = {
      heard: (read) => {
        if (epoch === this.#epoch) this.#hear(read);
      },
      closed: (code, problem) => {
        if (epoch === this.#epoch) this.#closedByRelay(code, problem);
      },
    };
    const limit = kind === 'socket' ? this.#choice.patience(allowed) : allowed;
    this.#deadline = this.#deps.timers.after(limit, () => {
      if (epoch === this.#epoch) this.#fail('no answer in time', new Problem('timeout'));
    });
    const { control } = grant.relay;
    if (kind === 'poll') {
      const endpoint = control.replace(/^ws/, 'http');
      this.#carrier = new PollCarrier(this.#deps, endpoint, grant.token, hearing);
      return;
    }
    try {
      const open = this.#deps.socket;
      this.#carrier = new SocketCarrier(open, control, grant.token, hearing);
    } catch (cause) {
      this.#fail('no socket', asProblem(cause));
    }
  }

  #hear(read: () => FromRelay | null): void {
    this.#heardAt = this.#deps.timers.now();
    this.#heard = true;
    let message: FromRelay | null;
    try {
      message = read();
    } catch (cause) {
      this.#deps.log('warn', 'control: unreadable message', { cause: String(cause) });
      return;
    }
    if (message === null) return;
    this.#take(message);
    for (const listener of this.#listeners) listener(message);
  }

  #take(message: FromRelay): void {
    switch (message.type) {
      case 'room.state':
        this.#enter(message);
        return;
      case 'room.heartbeat':
        this.#send({ type: 'room.heartbeat' });
        return;
      case 'room.ended':
        if (message.reason === 'draining') this.#sentAway();
        else this.#end(message.reason);
        return;
      case 'error':
        this.#deps.log('warn', 'control: error', { code: message.code, re: message.re });
        if (message.re === 'hello') this.#refusal = new Problem(message.code, message);
        if (message.re === 'view.select' && this.#room.value !== null) {
          this.#room.value = { ...this.#room.value, selected: '' };
        }
        return;
      default:
        if (this.#room.value !== null) this.#room.value = apply(this.#room.value, message);
    }
  }

  #enter(message: FromRelay & { type: 'room.state' }): void {
    const pinned = this.#room.value?.selected ?? '';
    this.#room.value = roomOf(message);
    if (this.#state.value.phase === 'open') return;
    this.#attempt = 0;
    this.#choice.worked(this.#kind);
    this.#state.value = { phase: 'open' };
    this.#deps.log('info', 'control: open', { by: this.#kind });
    if (this.#untold === '') this.select('');
    // The relay forgets the choice of a participant who was away for long.
    const live = message.publications.some(({ id }) => id === pinned);
    if (pinned !== '' && pinned !== message.selected && live) this.select(pinned);
    this.#watchSilence();
  }

  #watchSilence(): void {
    this.#deadline();
    const epoch = this.#epoch;
    const quietFor = () => this.#deps.timers.now() - this.#heardAt;
    this.#deadline = this.#deps.timers.after(Math.max(silence - quietFor(), 0), () => {
      if (quietFor() < silence) {
        this.#watchSilence();
        return;
      }
      this.#deadline = this.#deps.timers.after(grace, () => {
        if (epoch !== this.#epoch) return;
        if (quietFor() < silence) this.#watchSilence();
        else this.#lose('silence');
      });
    });
  }

  #closedByRelay(code: number, problem: Problem | null): void {
    if (code === closed.ended) this.#end('ended');
    else if (code === closed.removed) this.#end('removed');
    else if (code === closed.locked) this.#end('locked');
    // Coming back would throw out the other page, which would come back in turn.
    else if (code === closed.replaced) this.#end('replaced');
    else if (code === closed.later) this.#lose('told to come later', this.#refusal, later);
    else this.#fail(`closed with ${code}`, problem ?? this.#refusal ?? new Problem('network'));
  }

  /** A socket on which the relay was never heard may have been stripped or swallowed by a proxy. */
  #fail(why: string, problem: Problem): void {
    if (this.#kind !== 'socket' || this.#heard || !this.#choice.failed()) {
      const grant = this.#grant.value;
      const silent = problem.code === 'network' || problem.code === 'timeout';
      if (grant !== null && silent && !this.#heard) this.#deps.reach.failed(grant);
      this.#lose(why, problem);
      return;
    }
    this.#drop();
    this.#deps.log('warn', 'control: no WebSocket', { why });
    // With a fresh token: the relay may have seen the first one.
    void this.#connect('poll');
  }

  #lose(why: string, problem: Problem | null = null, least = 0): void {
    this.#drop();
    const attempt = this.#attempt++;
    const asked = (problem?.retryAfter ?? 0) * 1000;
    const pause = Math.max(backoff(attempt, this.#deps.random), asked, least);
    // Before the first success the guest is still waiting to get in, not coming back.
    this.#state.value = { phase: this.#room.value === null ? 'connecting' : 'lost', problem };
    this.#deps.log('warn', 'control: lost', { why, attempt, pause });
    this.#retry = this.#deps.timers.after(pause, () => {
      this.#retry = null;
      void this.#connect();
    });
  }

  #sentAway(): void {
    this.#deps.reach.sentAway();
    this.#lose('relay is draining');
  }

  #end(reason: Closing, problem: Problem | null = null): void {
    if (this.#state.value.phase === 'closed') return;
    this.#drop();
    this.#state.value = { phase: 'closed', reason, problem };
    this.#deps.log('info', 'control: closed', { reason, code: problem?.code ?? '' });
  }

  #drop(): void {
    this.#epoch++;
    this.#deadline();
    this.#retry?.();
    this.#retry = null;
    this.#carrier?.close();
    this.#carrier = null;
  }

  #send(message: ToRelay): boolean {
    return this.#carrier?.send(message) ?? false;
  }
}
