import { asProblem } from '../problem.ts';
import type { DiagnosticApi, TestRelay, TestSession } from './api.ts';
import type { Measured } from './checks/reach.ts';
import type { DiagnosticDeps } from './deps.ts';
import type { Candidate } from './dial.ts';

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
  /** What each relay last said of the web connection to it. */
  readonly measured = new Map<string, Measured>();
  /** The media addresses that each relay has offered. */
  readonly offered = new Map<string, readonly Candidate[]>();
  #session: Promise<Opened> | null = null;

  constructor(deps: DiagnosticDeps, api: DiagnosticApi) {
    this.deps = deps;
    this.api = api;
  }

  /** Throws the Problem of a server that gives none: asking it again is for who repeats a check. */
  session(milliseconds?: number): Promise<Opened> {
    return (this.#session ??= this.#open(milliseconds));
  }

  /** The next question begins another session, where the last one failed or is old. */
  async renew(): Promise<void> {
    const session = await this.opened();
    if (session === null || this.#left(session) < 2 * margin) this.#session = null;
  }

  /** The session if there is one; nothing is asked for it. */
  async opened(): Promise<Opened | null> {
    return this.#session === null ? null : this.#session.catch(() => null);
  }

  /** A token for one use in the test room. */
  async token(relay: TestRelay): Promise<string> {
    const session = await this.session();
    // A check may be repeated after a long look at the results.
    if (this.#left(session) < margin) this.#session = null;
    try {
      return await this.api.token((await this.session()).id, relay.id);
    } catch (cause) {
      // One session has tokens for about six relays.
      if (asProblem(cause).code !== 'rate-limited') throw cause;
      this.#session = null;
      return this.api.token((await this.session()).id, relay.id);
    }
  }

  /** Milliseconds that the session has: this computer's clock may be wrong, but it runs. */
  #left({ serverTime, expiresAt, askedAt }: Opened): number {
    const given = Date.parse(expiresAt) - Date.parse(serverTime);
    return Math.min(given, roomLife) - (this.deps.now() - askedAt);
  }

  async #open(milliseconds?: number): Promise<Opened> {
    const { now, timers } = this.deps;
    const [wall, begun] = [now(), timers.now()];
    const session = await this.api.session(milliseconds);
    const took = timers.now() - begun;
    return { ...session, askedAt: wall + took / 2, took };
  }
}

const margin = 30_000;
/** A test room is closed five minutes after it was opened. */
const roomLife = 5 * 60_000;
