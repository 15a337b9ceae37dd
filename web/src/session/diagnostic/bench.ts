import type { DiagnosticApi, TestRelay, TestSession } from './api.ts';
import type { DiagnosticDeps } from './deps.ts';

/** The session as it was answered, and when. */
export interface Opened extends TestSession {
  /** The middle of the request by this computer's clock: the server answered about then. */
  askedAt: number;
  /** Milliseconds from the question to the answer. */
  took: number;
}

/** What the checks of one run share: the test session, which is made once, and the tokens for its rooms. */
export class Bench {
  readonly deps: DiagnosticDeps;
  readonly api: DiagnosticApi;
  #session: Promise<Opened> | null = null;

  constructor(deps: DiagnosticDeps, api: DiagnosticApi) {
    this.deps = deps;
    this.api = api;
  }

  /** Throws the Problem of a server that gives none; the next call tries again. */
  session(milliseconds?: number): Promise<Opened> {
    const session = (this.#session ??= this.#open(milliseconds));
    session.catch(() => this.#forget(session));
    return session;
  }

  /** The session if there is one; nothing is asked for it. */
  async opened(): Promise<Opened | null> {
    return this.#session === null ? null : this.#session.catch(() => null);
  }

  /** A token for one use in the test room. */
  async token(relay: TestRelay): Promise<string> {
    const session = await this.session();
    const left = Date.parse(session.expiresAt) - this.#serverNow(session);
    // A check may be repeated after a long look at the results.
    if (left < margin) this.#session = null;
    return this.api.token((await this.session()).id, relay.id);
  }

  /** A room of its own: what happens in the common one is not heard there. */
  async apart(): Promise<{ session: Opened; token(relay: TestRelay): Promise<string> }> {
    const session = await this.#open();
    return { session, token: (relay) => this.api.token(session.id, relay.id) };
  }

  /** The server's clock by this one's: this one may be wrong, but it runs. */
  #serverNow({ serverTime, askedAt }: Opened): number {
    return Date.parse(serverTime) + this.deps.now() - askedAt;
  }

  async #open(milliseconds?: number): Promise<Opened> {
    const { now, timers } = this.deps;
    const [wall, begun] = [now(), timers.now()];
    const session = await this.api.session(milliseconds);
    const took = timers.now() - begun;
    return { ...session, askedAt: wall + took / 2, took };
  }

  #forget(session: Promise<Opened>): void {
    if (this.#session === session) this.#session = null;
  }
}

const margin = 30_000;
