const steps = [250, 500, 1000, 2000, 4000] as const;

/**
 * The pause before attempt number `attempt` (0 is the first retry), with up to 30 % added so that
 * the guests of one conference do not all come back in the same instant.
 */
export function backoff(attempt: number, random: () => number): number {
  const step = steps[Math.min(attempt, steps.length - 1)] ?? 4000;
  return Math.round(step * (1 + 0.3 * random()));
}

/**
 * How long attempt number `attempt` may take. The first of all may meet a slow network. The ones
 * after a loss are short at first: a request that was sent into a dead network hangs in
 * retransmission, and a new connection gets through sooner than the old one.
 */
export function patience(attempt: number): number {
  return attempt === 0 ? 6000 : Math.min(3000 * 1.5 ** Math.max(attempt - 2, 0), 10_000);
}
