import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { LaunchApi } from './launchapi.ts';
import { asProblem, Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';

export type Launching =
  | { phase: 'idle' }
  /** The code is on its way. */
  | { phase: 'asking' }
  /** `address` opens the software; nobody has opened it yet. */
  | { phase: 'ready'; address: string }
  /** `late`: it takes longer than a program that is installed needs. */
  | { phase: 'opened'; address: string; late: boolean }
  /** The software has joined. */
  | { phase: 'started'; version: string }
  /** Nobody came while the code was good. */
  | { phase: 'expired' }
  | { phase: 'failed'; problem: Problem };

export interface LaunchDeps {
  api: Pick<LaunchApi, 'begin' | 'look'>;
  timers: Timers;
}

/** An installed program has started by then, and somebody has answered the browser's question. */
const usual = 8000;
/** How often the portal is asked: at first, and when the software is being installed. */
const often = 1000;
const seldom = 3000;
const hurry = 30_000;
/** A code is good for five minutes. */
const longest = 330_000;
const codes = /^[A-Za-z0-9_-]{22,64}$/;

/**
 * Hands this participant over to the installed software: a code, its address, and whether the software came.
 *
 *     idle -> asking -> ready -> opened -> started;  ready | opened -> expired;  asking -> failed
 */
export class Launch {
  readonly #state = signal<Launching>({ phase: 'idle' });
  readonly #deps: LaunchDeps;
  /** Counts what was begun; an answer to an older one is ignored. */
  #epoch = 0;
  #code = '';
  #begunAt = 0;
  #asking = false;
  #next: Cancel = () => {};
  #lateness: Cancel = () => {};

  constructor(deps: LaunchDeps) {
    this.#deps = deps;
  }

  get state(): ReadonlySignal<Launching> {
    return this.#state;
  }

  /** Fetches a code; gives what opens the software with it, or null where there is none. */
  async begin(): Promise<string | null> {
    this.#stop();
    const epoch = this.#epoch;
    this.#state.value = { phase: 'asking' };
    let code: string;
    try {
      code = await this.#deps.api.begin();
      if (!codes.test(code)) throw new Problem('unexpected');
    } catch (cause) {
      if (epoch === this.#epoch) this.#state.value = { phase: 'failed', problem: asProblem(cause) };
      return null;
    }
    if (epoch !== this.#epoch) return null;
    const address = `coopnet://join/${code}`;
    this.#code = code;
    this.#begunAt = this.#deps.timers.now();
    this.#state.value = { phase: 'ready', address };
    this.#wait(often);
    return address;
  }

  /** The browser was given the address; also when that is tried again. */
  opened(): void {
    const state = this.#state.peek();
    if (state.phase !== 'ready') return;
    this.#state.value = { phase: 'opened', address: state.address, late: false };
    this.#lateness = this.#deps.timers.after(usual, () => {
      const now = this.#state.peek();
      if (now.phase === 'opened') this.#state.value = { ...now, late: true };
    });
  }

  /** Somebody looks at the page again: perhaps the software has come meanwhile. */
  wake(): void {
    const { phase } = this.#state.peek();
    if (phase !== 'ready' && phase !== 'opened') return;
    void this.#look();
  }

  /** Forgets it: nobody waits for the software any more. */
  close(): void {
    this.#stop();
    this.#state.value = { phase: 'idle' };
  }

  #stop(): void {
    this.#epoch++;
    this.#asking = false;
    this.#next();
    this.#lateness();
  }

  #wait(pause: number): void {
    this.#next();
    this.#next = this.#deps.timers.after(pause, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#asking) return;
    const epoch = this.#epoch;
    const waited = this.#deps.timers.now() - this.#begunAt;
    let pause = waited < hurry ? often : seldom;
    this.#next();
    this.#asking = true;
    try {
      const { status, version } = await this.#deps.api.look(this.#code);
      if (epoch !== this.#epoch) return;
      if (status !== 'waiting') {
        this.#stop();
        this.#state.value =
          status === 'redeemed' ? { phase: 'started', version } : { phase: 'expired' };
        return;
      }
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      const { code, retryAfter } = asProblem(cause);
      if (code === 'not-found') {
        this.#expire();
        return;
      }
      // The network is away, or the server is busy: the code is good all the same.
      pause = Math.max(seldom, (retryAfter ?? 0) * 1000);
    }
    this.#asking = false;
    if (waited >= longest) this.#expire();
    else this.#wait(pause);
  }

  #expire(): void {
    this.#stop();
    this.#state.value = { phase: 'expired' };
  }
}

/** Whether a version such as 1.4.0 is older than another. */
export function isOlder(version: string, other: string): boolean {
  const parts = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [ours, theirs] = [parts(version), parts(other)];
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const [one = 0, two = 0] = [ours[at], theirs[at]];
    if (one !== two) return one < two;
  }
  return false;
}
