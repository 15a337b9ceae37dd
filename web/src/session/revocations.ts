import type { Line } from './requests.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** Until the relay is told again. */
const again = 300;
/** Nobody has part in more grants. */
const most = 32;

/** Ends of control that the relay has to hear of, until it has; a channel that is lost ends them all by itself. */
export class Revocations {
  readonly #line: Line;
  readonly #timers: Timers;
  readonly #open = new Set<string>();
  #again: Cancel | null = null;

  constructor(line: Line, timers: Timers) {
    this.#line = line;
    this.#timers = timers;
  }

  add(grant: string): void {
    if (this.#open.size < most) this.#open.add(grant);
    this.#tell(grant);
  }

  hear(message: FromRelay): void {
    if (message.type === 'control.revoke') this.#open.delete(message.grant);
    if (message.type !== 'error' || message.re !== 'control.revoke') return;
    if (message.code === 'rate-limited') this.#later();
    else this.#open.clear(); // over already
  }

  clear(): void {
    this.#open.clear();
    this.#again?.();
    this.#again = null;
  }

  #tell(grant: string): void {
    if (!this.#line.send({ type: 'control.revoke', grant })) this.#later();
  }

  #later(): void {
    this.#again ??= this.#timers.after(again, () => {
      this.#again = null;
      for (const grant of this.#open) this.#tell(grant);
    });
  }
}
