import { signal, type ReadonlySignal } from '@preact/signals-core';
import { isFinal, type Waiting } from './api.ts';
import { asProblem, type Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';

export interface DoorDeps {
  lobby(): Promise<Waiting>;
  decide(participant: string, admit: boolean): Promise<void>;
  timers: Timers;
}

/** The pause after a question that got no answer. */
const afterTrouble = 5000;

const nobody: Waiting = { waiting: 0, people: [], retryAfter: 0 };

/** Who waits to be let in, as somebody of the company sees it; looked at again and again while it is open. */
export class Door {
  readonly #seen = signal<Waiting>(nobody);
  readonly #problem = signal<Problem | null>(null);
  readonly #deps: DoorDeps;
  /** Decided here: an answer that was on its way does not bring them back. */
  readonly #decided = new Set<string>();
  /** Counts questions ever asked; an answer to an older one is ignored. */
  #epoch = 0;
  #next: Cancel = () => {};
  #open = false;

  constructor(deps: DoorDeps) {
    this.#deps = deps;
  }

  get seen(): ReadonlySignal<Waiting> {
    return this.#seen;
  }

  /** Why the latest decision was not taken. */
  get problem(): ReadonlySignal<Problem | null> {
    return this.#problem;
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    void this.#look();
  }

  close(): void {
    this.#open = false;
    this.#epoch++;
    this.#next();
    this.#seen.value = nobody;
  }

  async decide(participant: string, admit: boolean): Promise<void> {
    this.#decided.add(participant);
    this.#problem.value = null;
    this.#show(this.#seen.value);
    try {
      await this.#deps.decide(participant, admit);
    } catch (cause) {
      const problem = asProblem(cause);
      // Who has gone needs no decision any more.
      if (problem.code !== 'not-found') {
        this.#decided.delete(participant);
        this.#problem.value = problem;
      }
    }
    if (this.#open) void this.#look();
  }

  async #look(): Promise<void> {
    const epoch = ++this.#epoch;
    this.#next();
    let pause = afterTrouble;
    try {
      const seen = await this.#deps.lobby();
      if (epoch !== this.#epoch) return;
      pause = Math.max(seen.retryAfter, 1) * 1000;
      const there = new Set(seen.people.map(({ id }) => id));
      for (const id of this.#decided) if (!there.has(id)) this.#decided.delete(id);
      this.#show(seen);
    } catch (cause) {
      if (epoch !== this.#epoch) return;
      if (isFinal(asProblem(cause))) {
        this.close();
        return;
      }
    }
    this.#next = this.#deps.timers.after(pause, () => void this.#look());
  }

  #show(seen: Waiting): void {
    const people = seen.people.filter(({ id }) => !this.#decided.has(id));
    const gone = seen.people.length - people.length;
    this.#seen.value = { ...seen, people, waiting: seen.waiting - gone };
  }
}
