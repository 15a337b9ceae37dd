/** Undoes what was scheduled; calling it twice or too late is harmless. */
export type Cancel = () => void;

/** The clock that the state machines see. */
export interface Timers {
  /** Milliseconds on a clock that never jumps. */
  now(): number;
  after(milliseconds: number, run: () => void): Cancel;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const id = setTimeout(run, milliseconds);
    return () => clearTimeout(id);
  },
};
