import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gate } from './gate.ts';
import { Problem } from './problem.ts';
import { joinToken } from './testing/transports.ts';
import { systemTimers } from './timers.ts';

const notYet = () => new Problem('waiting', { status: 202, retryAfter: 3 });

/** What the portal says, one answer after the other; the last one stays. */
let answers: (Problem | 'in')[];
let asked: number;
let gate: Gate;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  gate = new Gate({
    token() {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? 'in';
      return answer === 'in' ? Promise.resolve(joinToken(asked)) : Promise.reject(answer);
    },
    timers: systemTimers,
    random: () => 0,
  });
});
afterEach(() => {
  gate.close();
  vi.useRealTimers();
});

describe('the gate', () => {
  it('is not there for who need not wait', async () => {
    answers = ['in'];
    expect((await gate.token(1000)).token).toBe('token-1');
    expect(gate.waiting.value).toBe(false);
  });

  it('asks for everybody at the pace that the server wants, and lets all in at once', async () => {
    answers = [notYet(), notYet(), 'in'];
    const tokens = [gate.token(1000), gate.token(1000)];
    await vi.advanceTimersByTimeAsync(2999);
    expect(gate.waiting.value).toBe(true);
    // Each has asked once before it knew.
    expect(asked).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(new Set((await Promise.all(tokens)).map(({ token }) => token)).size).toBe(2);
    expect(gate.waiting.value).toBe(false);
  });

  it('keeps asking through a failure of the network, and says so', async () => {
    answers = [
      notYet(),
      new Problem('network'),
      new Problem('unavailable', { retryAfter: 10 }),
      'in',
    ];
    const token = gate.token(1000);
    await vi.advanceTimersByTimeAsync(3000);
    expect(gate.problem.value?.code).toBe('network');
    await vi.advanceTimersByTimeAsync(1000);
    expect(gate.problem.value?.code).toBe('unavailable');
    expect(gate.waiting.value).toBe(true);
    await vi.advanceTimersByTimeAsync(10_000);
    await token;
    expect(gate.problem.value).toBe(null);
  });

  it('ends the waiting of all when somebody refuses', async () => {
    answers = [notYet(), notYet(), new Problem('forbidden', { status: 403 })];
    const tokens = Promise.allSettled([gate.token(1000), gate.token(1000)]);
    await vi.advanceTimersByTimeAsync(3000);
    for (const end of await tokens) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'forbidden' } });
    }
    expect(gate.waiting.value).toBe(false);
  });

  it('asks at once when the page is looked at again', async () => {
    answers = [notYet(), 'in'];
    const token = gate.token(1000);
    await vi.advanceTimersByTimeAsync(100);
    gate.askNow();
    await vi.advanceTimersByTimeAsync(0);
    expect((await token).token).toBe('token-2');
    gate.askNow();
    expect(asked).toBe(2);
  });

  it('asks no more once nobody waits', async () => {
    answers = [notYet()];
    void gate.token(1000);
    await vi.advanceTimersByTimeAsync(10_000);
    const before = asked;
    gate.close();
    gate.askNow();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(before);
  });
});
