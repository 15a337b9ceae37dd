import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { InputQueue } from './inputqueue.ts';
import { systemTimers } from './timers.ts';
import type { InputEvent } from './wire.ts';

let sent: InputEvent[][];
/** The network takes what is sent. */
let open: boolean;
let tries: number;
let queue: InputQueue;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  open = true;
  tries = 0;
  queue = new InputQueue((events) => {
    tries++;
    if (open) sent.push(events);
    return open;
  }, systemTimers);
});
afterEach(() => {
  queue.clear();
  vi.useRealTimers();
});

const letters = (count: number) =>
  Array.from({ length: count }, (_, at): InputEvent => ({ kind: 'text', text: `${at}` }));
const move = (x: number): InputEvent => ({ kind: 'move', x, y: 0 });

it('keeps what the network does not take, in its order, and gathers what passes meanwhile', () => {
  open = false;
  queue.add({ kind: 'text', text: 'a' });
  for (let step = 0; step < 50; step++) {
    queue.add(move(step / 100));
    vi.advanceTimersByTime(10);
  }
  queue.add({ kind: 'up', button: 0, x: 0.5, y: 0 });
  expect(sent).toEqual([]);
  expect(tries).toBeLessThan(8);
  open = true;
  vi.advanceTimersByTime(100);
  expect(sent).toEqual([
    [{ kind: 'text', text: 'a' }, move(0.49), { kind: 'up', button: 0, x: 0.5, y: 0 }],
  ]);
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(1);
});

it('takes a text whole or not at all', () => {
  open = false;
  expect(queue.addAll(letters(2000))).toBe(true);
  expect(queue.addAll(letters(100))).toBe(false);
  open = true;
  vi.advanceTimersByTime(3000);
  expect(sent.flat()).toEqual(letters(2000));
  expect(queue.addAll(letters(2048))).toBe(true);
});

it('leaves a text that waits whole, whatever comes after it, and takes what lets go', () => {
  open = false;
  queue.addAll(letters(2048));
  for (let times = 0; times < 5000; times++) queue.add({ kind: 'keydown', code: 'KeyA' });
  queue.add({ kind: 'keyup', code: 'KeyA' });
  for (let times = 0; times < 5000; times++) queue.add({ kind: 'keyup', code: 'KeyB' });
  open = true;
  vi.advanceTimersByTime(3000);
  const all = sent.flat();
  expect(all.slice(0, 2049)).toEqual([...letters(2048), { kind: 'keyup', code: 'KeyA' }]);
  expect(all.length).toBeLessThan(2400);
});

it('keeps its pace after a hurry', () => {
  queue.addAll(letters(200));
  queue.hurry();
  expect(sent.map(({ length }) => length)).toEqual([64, 64, 64, 8]);
  queue.add({ kind: 'text', text: 'x' });
  queue.add({ kind: 'text', text: 'y' });
  vi.advanceTimersByTime(17);
  expect(sent).toHaveLength(4);
  vi.advanceTimersByTime(2);
  expect(sent).toHaveLength(5);
  vi.advanceTimersByTime(100);
  expect(sent).toHaveLength(5);
});

it('hurries no network that takes nothing, and goes on by itself', () => {
  open = false;
  queue.addAll(letters(100));
  queue.hurry();
  expect(tries).toBe(2);
  open = true;
  vi.advanceTimersByTime(130);
  expect(sent.flat()).toHaveLength(100);
});
