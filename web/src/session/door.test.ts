import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Waiting } from './api.ts';
import { Door } from './door.ts';
import { Problem } from './problem.ts';
import { systemTimers } from './timers.ts';

const ada = { id: 'p1', name: 'Ada' };
const eve = { id: 'p2', name: 'Eve' };

let lobby: Waiting | Problem;
let refusal: Problem | null;
let decided: string[];
let looked: number;
let door: Door;
const names = () => door.seen.value.people.map(({ name }) => name);

beforeEach(() => {
  vi.useFakeTimers();
  lobby = { waiting: 2, people: [ada, eve], retryAfter: 3 };
  refusal = null;
  decided = [];
  looked = 0;
  door = new Door({
    lobby() {
      looked++;
      return lobby instanceof Problem ? Promise.reject(lobby) : Promise.resolve(lobby);
    },
    decide(participant, admit) {
      decided.push(`${participant} ${admit}`);
      return refusal === null ? Promise.resolve() : Promise.reject(refusal);
    },
    timers: systemTimers,
  });
});
afterEach(() => {
  door.close();
  vi.useRealTimers();
});

it('looks at the pace that the server wants', async () => {
  door.open();
  await vi.advanceTimersByTimeAsync(0);
  expect(names()).toEqual(['Ada', 'Eve']);
  lobby = { waiting: 0, people: [], retryAfter: 15 };
  await vi.advanceTimersByTimeAsync(3000);
  expect(names()).toEqual([]);
  await vi.advanceTimersByTimeAsync(14_999);
  expect(looked).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(looked).toBe(3);
});

it('takes who was decided on out of the list at once, whatever an older answer says', async () => {
  door.open();
  await vi.advanceTimersByTimeAsync(0);
  void door.decide('p1', true);
  expect(names()).toEqual(['Eve']);
  expect(door.seen.value.waiting).toBe(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(decided).toEqual(['p1 true']);
  expect(looked).toBe(2);
  expect(names()).toEqual(['Eve']);
});

it('shows them again when the decision was not taken, and says so', async () => {
  door.open();
  await vi.advanceTimersByTimeAsync(0);
  refusal = new Problem('network');
  await door.decide('p1', true);
  await vi.advanceTimersByTimeAsync(0);
  expect(names()).toEqual(['Ada', 'Eve']);
  expect(door.problem.value?.code).toBe('network');
  refusal = null;
  await door.decide('p1', false);
  expect(door.problem.value).toBe(null);
});

it('needs no decision on who has gone', async () => {
  door.open();
  await vi.advanceTimersByTimeAsync(0);
  refusal = new Problem('not-found', { status: 404 });
  lobby = { waiting: 1, people: [eve], retryAfter: 3 };
  await door.decide('p1', true);
  await vi.advanceTimersByTimeAsync(0);
  expect(door.problem.value).toBe(null);
  expect(names()).toEqual(['Eve']);
  // They come back later, and are seen again.
  lobby = { waiting: 2, people: [ada, eve], retryAfter: 3 };
  await vi.advanceTimersByTimeAsync(3000);
  expect(names()).toEqual(['Ada', 'Eve']);
});

it('goes on after a failure, and stops when it may not look', async () => {
  lobby = new Problem('network');
  door.open();
  await vi.advanceTimersByTimeAsync(5000);
  expect(looked).toBe(2);
  lobby = new Problem('forbidden', { status: 403 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looked).toBe(3);
});

it('is quiet once it is closed', async () => {
  door.open();
  await vi.advanceTimersByTimeAsync(0);
  door.close();
  expect(names()).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looked).toBe(1);
});
