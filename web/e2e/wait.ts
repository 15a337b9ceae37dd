/** Asks again and again until `ask` gives something; after `deadline` milliseconds it fails and says for what it waited. */
export async function until<T>(
  what: string,
  deadline: number,
  ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  every = 100,
): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() >= end) throw new Error(`${what}: not within ${deadline} ms`);
    await pause(every);
  }
}

/** Lets time pass where the time itself is what is tested (a cut of five seconds, a span of samples). */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}
