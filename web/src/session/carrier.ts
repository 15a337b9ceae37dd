import type { Problem } from './problem.ts';
import type { FromRelay, ToRelay } from './wire.ts';

/** What takes the control channel's messages: a WebSocket, or HTTP where a proxy lets none through. */
export type CarrierKind = 'socket' | 'poll';

/** One connection to the relay; the hello is the carrier's own affair. */
export interface Carrier {
  /** False when there is nothing to send on, or when it takes no input of a controller at the moment. */
  send(message: ToRelay): boolean;
  /** Tells nothing more, and the relay that the participant has gone. */
  close(): void;
}

/** Whom a carrier tells. */
export interface Hearing {
  /** The relay has spoken; `read` gives null when it had nothing to say, and throws a ShapeError. */
  heard(read: () => FromRelay | null): void;
  /** The end, once: a close code of the relay, or 1006 when it said none. */
  closed(code: number, problem: Problem | null): void;
}

/** A socket through which nothing has come after this time may be one that a proxy has swallowed. */
const swallowed = 2500;
/** The poll is the worse carrier: so often a reconnection tries the socket again. */
const socketEvery = 3;

/** Which carrier to use, by what has worked since the page was opened. */
export class CarrierChoice {
  #proven: CarrierKind | null = null;
  #failures = 0;
  #returns = 0;

  /** The carrier to begin an attempt with. */
  next(): CarrierKind {
    if (this.#proven !== 'poll') return 'socket';
    this.#returns++;
    return this.#returns % socketEvery === 0 ? 'socket' : 'poll';
  }

  /** How long the socket may take of the time that an attempt has. */
  patience(allowed: number): number {
    return this.#doubted ? Math.min(allowed, swallowed) : allowed;
  }

  /** The socket failed before the relay was heard: true when the same attempt goes on with the poll. */
  failed(): boolean {
    const doubted = this.#doubted;
    this.#failures++;
    return doubted;
  }

  worked(kind: CarrierKind): void {
    this.#proven = kind;
    this.#failures = 0;
  }

  /** A socket that worked fails at first because the network or the relay does. */
  get #doubted(): boolean {
    return this.#proven !== 'socket' || this.#failures > 0;
  }
}
