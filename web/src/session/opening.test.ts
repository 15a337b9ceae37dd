import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { admissionOf } from './api.ts';
import { Opening } from './opening.ts';
import { Problem } from './problem.ts';
import { systemTimers } from './timers.ts';

const answer = (opensIn: number) =>
  admissionOf({
    conference: { id: 'c', name: 'Team', status: opensIn > 0 ? 'scheduled' : 'open', opensIn },
    next: 'join',
  });

let opensIn: number | Problem;
let asked: number;
let opening: Opening;

function begin(seconds: number, answered = seconds): void {
  opensIn = answered;
  opening = new Opening(
    {
      admission() {
        asked++;
        return typeof opensIn === 'number'
          ? Promise.resolve(answer(opensIn))
          : Promise.reject(opensIn);
      },
      timers: systemTimers,
      random: () => 0.5,
    },
    seconds,
  );
  opening.open();
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => {
  opening.close();
  vi.useRealTimers();
});

it('counts down, asks once a minute, and opens soon after the time', async () => {
  begin(150);
  await vi.advanceTimersByTimeAsync(0);
  expect(opening.opens.value).toEqual({ phase: 'waiting', left: 150, waited: true });
  await vi.advanceTimersByTimeAsync(59_999);
  opensIn = 90;
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(60_000);
  opensIn = 30;
  await vi.advanceTimersByTimeAsync(60_000 + 29_000);
  opensIn = 0;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(opening.opens.value).toEqual({ phase: 'open', waited: true });
});

it('says that nobody has waited where it was open already', async () => {
  begin(10, 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(opening.opens.value).toEqual({ phase: 'open', waited: false });
  const before = asked;
  await vi.advanceTimersByTimeAsync(120_000);
  opening.askNow();
  expect(asked).toBe(before);
});

it('follows an organizer who opens earlier or later', async () => {
  begin(7200);
  await vi.advanceTimersByTimeAsync(0);
  opensIn = 9000;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(opening.opens.value).toMatchObject({ left: 9000 });
  opensIn = 0;
  opening.askNow();
  await vi.advanceTimersByTimeAsync(0);
  expect(opening.opens.value).toMatchObject({ phase: 'open' });
});

it('goes on after trouble, and ends when the admission is of no use', async () => {
  begin(20);
  opensIn = new Problem('network');
  await vi.advanceTimersByTimeAsync(25_000);
  expect(opening.opens.value).toMatchObject({ phase: 'waiting', left: 0 });
  opensIn = new Problem('conference-denied', { status: 403 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(opening.opens.value).toMatchObject({ phase: 'refused', problem: opensIn });
});
