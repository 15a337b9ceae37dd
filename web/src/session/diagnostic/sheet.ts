import { asProblem, Problem } from '../problem.ts';
import type { Timers } from '../timers.ts';
import { resultOf, waiting, type CheckName, type Outcome, type Result } from './result.ts';

/** The results of a run, which are told as they change. */
export class Sheet {
  #results: readonly Result[];
  readonly #timers: Timers;
  readonly #tell: (results: readonly Result[]) => void;

  constructor(
    timers: Timers,
    checks: readonly CheckName[],
    tell: (results: readonly Result[]) => void,
  ) {
    this.#timers = timers;
    this.#tell = tell;
    this.#results = checks.map(waiting);
  }

  get results(): readonly Result[] {
    return this.#results;
  }

  of(check: CheckName): Result {
    return this.#results.find((result) => result.check === check) ?? waiting(check);
  }

  /** Every check waits again. */
  clear(): void {
    this.#results = this.#results.map(({ check }) => waiting(check));
    this.#tell(this.#results);
  }

  /** Does one check and notes what it found. Never throws. */
  async fill(
    check: CheckName,
    signal: AbortSignal,
    run: () => Outcome | Promise<Outcome>,
  ): Promise<Result> {
    const begun = this.#timers.now();
    this.set({ ...waiting(check), state: 'running' });
    const outcome = signal.aborted ? stopped : await outcomeOf(signal, run);
    const result = resultOf(check, outcome, this.#timers.now() - begun);
    this.set(result);
    return result;
  }

  set(result: Result): void {
    this.#results = this.#results.map((old) => (old.check === result.check ? result : old));
    this.#tell(this.#results);
  }
}

const stopped: Outcome = { state: 'skipped', finding: 'stopped' };

async function outcomeOf(
  signal: AbortSignal,
  run: () => Outcome | Promise<Outcome>,
): Promise<Outcome> {
  let stop = (): void => {};
  // Who stops does not wait for what is under way: it ends by itself.
  const stopping = new Promise<Outcome>((done) => (stop = () => done(stopped)));
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([run(), stopping]);
  } catch (cause) {
    if (signal.aborted) return stopped;
    const { code } = asProblem(cause);
    // Without a session or a token nothing can be tried at a relay: that says nothing of the way there.
    if (cause instanceof Problem) {
      return { state: 'skipped', finding: 'needs.server', facts: { code } };
    }
    return {
      state: 'failed',
      finding: 'fault',
      facts: { code, error: String(cause).slice(0, 200) },
    };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
