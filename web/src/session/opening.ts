import { signal, type ReadonlySignal } from '@preact/signals-core';
import { isFinal, type Admission } from './api.ts';
import { asProblem, type Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';

export interface OpeningDeps {
  /** The admission with the conference as it is now. */
  admission(): Promise<Admission>;
  timers: Timers;
  random(): number;
}

/** `left` is in seconds; `refused` says why the admission is of no use any more. */
export type Opens =
  | { phase: 'waiting'; left: number; waited: boolean }
  | { phase: 'open'; waited: boolean }
  | { phase: 'refused'; problem: Problem };

/** An organizer may open earlier, or later. */
const askEvery = 60_000;
/** The pause after a question that got no answer. */
const afterTrouble = 5000;
/** Those who wait for one conference do not all ask at the same moment. */
const spread = 1500;

/**
 * Waits until a conference opens:
 *
 *     waiting -> open | refused
 *
 * `waited` tells who has waited here from who came when it had opened already.
 */
export class Opening {
  readonly #opens = signal<Opens>({ phase: 'waiting', left: 0, waited: false });
  readonly #latest = signal<Admission | null>(null);
  readonly #deps: OpeningDeps;
  #opensAt: number;
  #waited = false;
  #ticking: Cancel = () => {};
  #asking: Cancel = () => {};
  /** Counts questions ever asked; an answer to an older one is ignored. */
  #epoch = 0;
  #closed = false;

  constructor(deps: OpeningDeps, opensIn: number) {
    this.#deps = deps;
    this.#opensAt = deps.timers.now() + opensIn * 1000;
    this.#show();
  }

  get opens(): ReadonlySignal<Opens> {
    return this.#opens;
  }

  /** What the server said last; null until it has. */
  get latest(): ReadonlySignal<Admission | null> {
    return this.#latest;
  }

  open(): void {
    this.#tick();
    void this.#ask();
  }

  close(): void {
    this.#closed = true;
    this.#epoch++;
    this.#ticking();
    this.#asking();
  }

  /** The network is back, or the page is looked at again. */
  askNow(): void {
    if (!this.#closed && this.#opens.value.phase === 'waiting') void this.#ask();
  }

  #left(): number {
    return Math.max(0, Math.ceil((this.#opensAt - this.#deps.timers.now()) / 1000));
  }

  #show(): void {
    this.#opens.value = { phase: 'waiting', left: this.#left(), waited: this.#waited };
  }

  #tick(): void {
    this.#show();
    const untilNext = (this.#opensAt - this.#deps.timers.now()) % 1000;
    if (this.#left() > 0) {
      this.#ticking = this.#deps.timers.after(untilNext > 0 ? untilNext : 1000, () => this.#tick());
    }
  }

  async #ask(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#asking();
    let pause = afterTrouble;
    try {
      const admission = await this.#deps.admission();
      if (epoch !== this.#epoch) return;
      this.#latest.value = admission;
      const { status, opensIn } = admission.conference;
      if (status !== 'scheduled') {
        this.#end({ phase: 'open', waited: this.#waited });
        return;
      }
      this.#waited = true;
      this.#opensAt = this.#deps.timers.now() + opensIn * 1000;
      this.#ticking();
      this.#tick();
      pause = Math.min(askEvery, Math.max(opensIn, 1) * 1000 + this.#deps.random() * spread);
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      const problem = asProblem(cause);
      if (isFinal(problem)) {
        this.#end({ phase: 'refused', problem });
        return;
      }
    }
    this.#asking = this.#deps.timers.after(pause, () => void this.#ask());
  }

  #end(opens: Opens): void {
    this.close();
    this.#opens.value = opens;
  }
}
