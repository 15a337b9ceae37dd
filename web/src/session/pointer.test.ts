import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pointers } from './pointer.ts';
import { roomState, ScriptedChannel } from './testing/channel.ts';
import { systemTimers } from './timers.ts';

let channel: ScriptedChannel;
let pointers: Pointers;

beforeEach(() => {
  vi.useFakeTimers();
  channel = new ScriptedChannel();
  pointers = new Pointers({ channel, timers: systemTimers });
  channel.say(roomState());
});
afterEach(() => {
  pointers.close();
  vi.useRealTimers();
});

const moved = (participant: string, x = 1) =>
  ({ type: 'pointer.moved', surface: 'board', participant, name: 'Ada', x, y: 2 }) as const;

it('tells about eight times a second where it is, the latest place last', async () => {
  for (let step = 0; step < 100; step++) {
    pointers.move('board', step * 10.4, 20_000);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(200);
  const sent = channel.took('pointer.move');
  expect(sent.length).toBeGreaterThanOrEqual(8);
  expect(sent.length).toBeLessThanOrEqual(10);
  expect(sent.at(-1)).toEqual({ type: 'pointer.move', surface: 'board', x: 1030, y: 10_000 });
});

it('hides once, and only what was seen', () => {
  pointers.hide();
  expect(channel.sent).toEqual([]);
  pointers.move('board', 1, 1);
  pointers.move('board', 2, 2);
  pointers.hide();
  pointers.hide();
  expect(channel.sent.map(({ type }) => type)).toEqual(['pointer.move', 'pointer.hide']);
  vi.advanceTimersByTime(1000);
  expect(channel.sent).toHaveLength(2);
});

it("shows the others' pointers until they rest for three seconds, hide or leave", async () => {
  channel.say(moved('a'), moved('b'), moved('c'), moved('me'));
  expect([...pointers.others.value.keys()]).toEqual(['a', 'b', 'c']);
  channel.say({ type: 'pointer.hidden', participant: 'b' });
  channel.say({ type: 'participant.left', id: 'c' });
  expect([...pointers.others.value.keys()]).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(2900);
  channel.say(moved('a', 7));
  await vi.advanceTimersByTimeAsync(2900);
  expect(pointers.others.value.get('a')).toEqual({ surface: 'board', name: 'Ada', x: 7, y: 2 });
  await vi.advanceTimersByTimeAsync(200);
  expect(pointers.others.value.size).toBe(0);
});

it('forgets them all when the room starts anew', () => {
  channel.say(moved('a'));
  channel.say(roomState());
  expect(pointers.others.value.size).toBe(0);
});
