import { signal, type ReadonlySignal } from '@preact/signals-core';
import { isFinal, type JoinToken } from './api.ts';
import { backoff, patience } from './backoff.ts';
import { asProblem, type Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';

export interface GateDeps {
  /** Throws the problem `waiting` while nobody has let this guest in. */
  token(milliseconds: number): Promise<JoinToken>;
  timers: Timers;
  random(): number;
}

interface Wait {
  until: Promise<void>;
  open(): void;
  fail(problem: Problem): void;
}

/** The least pause between two questions. */
const least = 1000;

/**
 * Between the session and the portal: everybody who needs a join token waits here for as long as
 * nobody has let the guest in. Only one question at a time is asked, again and again.
 *
 *     open -> waiting -> open;  a final refusal ends the waiting for all
 */
export class Gate {
  readonly #waiting = signal(false);
  readonly #problem = signal<Problem | null>(null);
  readonly #deps: GateDeps;
  #wait: Wait | null = null;
  /** The token that ended the waiting, for the first who comes. */
  #kept: JoinToken | null = null;
  #attempt = 0;
  #asking: Cancel | null = null;
  #closed = false;

  constructor(deps: GateDeps) {
    this.#deps = deps;
  }

  get waiting(): ReadonlySignal<boolean> {
    return this.#waiting;
  }

  /** Why the latest question got no answer at all. */
  get problem(): ReadonlySignal<Problem | null> {
    return this.#problem;
  }

  async token(milliseconds: number): Promise<JoinToken> {
    for (;;) {
      if (this.#wait !== null) await this.#wait.until;
      const kept = this.#kept;
      this.#kept = null;
      if (kept !== null) return kept;
      try {
        return await this.#deps.token(milliseconds);
      } catch (cause) {
        const problem = asProblem(cause);
        if (problem.code !== 'waiting') throw problem;
        this.#begin(problem);
      }
    }
  }

  /** The network is back, or the page is looked at again. */
  askNow(): void {
    if (this.#asking === null) return;
    this.#asking();
    this.#asking = null;
    void this.#ask();
  }

  /** Nobody is waiting any more. */
  close(): void {
    this.#closed = true;
    this.#asking?.();
    this.#asking = null;
  }

  #begin(problem: Problem): void {
    if (this.#wait !== null || this.#closed) return;
    let open = () => {};
    let fail: Wait['fail'] = () => {};
    const until = new Promise<void>((resolve, reject) => {
      open = resolve;
      fail = reject;
    });
    until.catch(() => {}); // those who wait hear of it; perhaps nobody does any more
    this.#wait = { until, open, fail };
    this.#waiting.value = true;
    this.#later(problem);
  }

  #later(problem: Problem): void {
    if (this.#closed) return;
    const asked = (problem.retryAfter ?? 0) * 1000;
    const pause = problem.code === 'waiting' ? asked : backoff(this.#attempt++, this.#deps.random);
    this.#problem.value = problem.code === 'waiting' ? null : problem;
    this.#asking = this.#deps.timers.after(Math.max(pause, asked, least), () => {
      this.#asking = null;
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    try {
      this.#kept = await this.#deps.token(patience(this.#attempt));
    } catch (cause) {
      const problem = asProblem(cause);
      if (problem.code === 'waiting') this.#attempt = 0;
      if (isFinal(problem)) this.#end((wait) => wait.fail(problem));
      else this.#later(problem);
      return;
    }
    this.#end((wait) => wait.open());
  }

  #end(how: (wait: Wait) => void): void {
    const wait = this.#wait;
    this.#wait = null;
    this.#attempt = 0;
    this.#problem.value = null;
    this.#waiting.value = false;
    if (wait !== null) how(wait);
  }
}
