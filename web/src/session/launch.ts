import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { LaunchApi, LaunchState } from './launchapi.ts';
import { asProblem, Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';

export type Launching =
  | { phase: 'idle' }
  /** The code is on its way. */
  | { phase: 'asking' }
  /** `address` opens the software; nobody has opened it yet. */
  | { phase: 'ready'; address: string }
  /** `late`: it takes longer than a program that is installed needs. */
  | { phase: 'opened'; late: boolean }
  /** It came, in a version that is too old to join; the code is still good. */
  | { phase: 'old'; version: string }
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
/** A code is good for five minutes; one that nobody has used yet is not begun with in the last of them. */
const longest = 330_000;
const shelf = 240_000;
/** Who tries again may still be answered by a try before, from a slow computer: so many codes are looked at. */
const watched = 3;
const codes = /^[A-Za-z0-9_-]{22,64}$/;

interface Watched {
  code: string;
  since: number;
}

/**
 * Hands this participant over to the installed software: a code, its address, and whether the software came. Each try
 * has a code of its own.
 *
 *     idle -> asking -> ready -> opened -> old -> started;  ready | opened | old -> expired;  asking -> failed
 */
export class Launch {
  readonly #state = signal<Launching>({ phase: 'idle' });
  readonly #deps: LaunchDeps;
  /** Counts what was begun; an answer to an older one is ignored. */
  #epoch = 0;
  /** The newest first. */
  #codes: Watched[] = [];
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
    this.#codes = [{ code, since: this.#deps.timers.now() }, ...this.#codes].slice(0, watched);
    this.#state.value = { phase: 'ready', address };
    this.#wait(often);
    return address;
  }

  /** The browser was given the address. */
  opened(): void {
    if (this.#state.peek().phase !== 'ready') return;
    this.#state.value = { phase: 'opened', late: false };
    this.#lateness = this.#deps.timers.after(usual, () => {
      if (this.#state.peek().phase === 'opened')
        this.#state.value = { phase: 'opened', late: true };
    });
  }

  /** Somebody looks at the page again: perhaps the software has come meanwhile. */
  wake(): void {
    const { phase } = this.#state.peek();
    if (phase === 'ready' || phase === 'opened' || phase === 'old') void this.#look();
  }

  /** Forgets it: nobody waits for the software any more. */
  close(): void {
    this.#end({ phase: 'idle' });
  }

  #stop(): void {
    this.#epoch++;
    this.#asking = false;
    this.#next();
    this.#lateness();
  }

  #end(state: Launching): void {
    this.#stop();
    this.#codes = [];
    this.#state.value = state;
  }

  #wait(pause: number): void {
    this.#next();
    this.#next = this.#deps.timers.after(pause, () => void this.#look());
  }

  async #look(): Promise<void> {
    const [newest] = this.#codes;
    if (this.#asking || newest === undefined) return;
    const epoch = this.#epoch;
    const waited = this.#deps.timers.now() - newest.since;
    this.#next();
    this.#asking = true;
    const found = await Promise.all(this.#codes.map((one) => this.#ask(one)));
    if (epoch !== this.#epoch) return;
    this.#asking = false;
    const joined = found.find(({ status }) => status === 'redeemed');
    if (joined !== undefined) {
      this.#end({ phase: 'started', version: joined.version });
      return;
    }
    this.#codes = this.#codes.filter((_, at) => found[at]?.status !== 'expired');
    const unused = this.#state.peek().phase === 'ready' && waited >= shelf;
    if (found[0]?.status === 'expired' || waited >= longest || unused) {
      this.#end({ phase: 'expired' });
      return;
    }
    const { version = '' } = found[0] ?? {};
    const { phase } = this.#state.peek();
    if (version !== '' && phase !== 'old') this.#state.value = { phase: 'old', version };
    const pause = waited < hurry ? often : seldom;
    this.#wait(Math.max(pause, ...found.map((one) => one.pause)));
  }

  /** What has become of a code; where nobody can say, it is good all the same, and is asked for later. */
  async #ask({ code }: Watched): Promise<LaunchState & { pause: number }> {
    try {
      return { ...(await this.#deps.api.look(code)), pause: 0 };
    } catch (cause) {
      const problem = asProblem(cause);
      if (problem.code === 'not-found') return { status: 'expired', version: '', pause: 0 };
      const pause = Math.max(seldom, (problem.retryAfter ?? 0) * 1000);
      return { status: 'waiting', version: '', pause };
    }
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
