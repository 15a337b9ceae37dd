import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Polls } from './polls.ts';
import { ScriptedLine, self } from './testing/line.ts';
import { systemTimers } from './timers.ts';
import type { Poll } from './wire.ts';

let line: ScriptedLine;
let polls: Polls;

beforeEach(() => {
  vi.useFakeTimers();
  line = new ScriptedLine();
  polls = new Polls(line, { timers: systemTimers, random: () => 0.5 });
  line.join();
});
afterEach(() => {
  polls.close();
  vi.useRealTimers();
});

const asked = { question: 'Where?', options: ['Here', 'There'], multiple: false, secret: false };

function poll(id: string, more: Partial<Poll> = {}): Poll {
  return {
    id,
    key: `key-${id}`,
    participant: 'ann',
    name: 'Ann',
    question: 'Where?',
    options: [
      { text: 'Here', votes: 0 },
      { text: 'There', votes: 0 },
    ],
    multiple: false,
    secret: false,
    open: true,
    hidden: false,
    voters: 0,
    own: [],
    openedAt: '2026-11-24T10:00:00Z',
    ...more,
  };
}

const tell = (id: string, more: Partial<Poll> = {}) =>
  line.say({ type: 'poll.updated', poll: poll(id, more) });

it('opens a poll once, across a cut', () => {
  const key = polls.open(asked);
  line.cut();
  line.join();
  expect(line.of('poll.open')).toEqual([
    { type: 'poll.open', key, ...asked },
    { type: 'poll.open', key, ...asked },
  ]);
  expect(polls.opening(key)).toBe(true);
  tell('a', { key, participant: self });
  expect(polls.opening(key)).toBe(false);
  expect(polls.opened(key)?.id).toBe('a');
  line.join();
  expect(line.of('poll.open')).toHaveLength(2);
});

it('says why a poll was not opened', () => {
  const key = polls.open(asked);
  line.say({ type: 'error', code: 'conflict', detail: '', re: 'poll.open', key: 'another' });
  expect(polls.opening(key)).toBe(true);
  line.say({ type: 'error', code: 'conflict', detail: '', re: 'poll.open', key });
  expect(polls.opening(key)).toBe(false);
  expect(polls.requests.refused.value?.code).toBe('conflict');
});

it('shows a vote at once, sends it again after a cut, and the last one counts', () => {
  tell('a');
  polls.vote('a', [0]);
  line.cut();
  polls.vote('a', [1]);
  const shown = () => polls.choice(polls.polls.value[0] ?? poll('none'));
  expect(shown()).toEqual([1]);
  line.join();
  // What the relay counted before the cut.
  tell('a', { own: [0], voters: 1 });
  expect(line.of('poll.vote').map(({ options }) => options)).toEqual([[0], [1]]);
  vi.advanceTimersByTime(250);
  expect(shown()).toEqual([1]);
  expect(polls.voting('a')).toBe(true);
  tell('a', { own: [1], voters: 1 });
  expect(polls.voting('a')).toBe(false);
  expect(shown()).toEqual([1]);
  line.join();
  expect(line.of('poll.vote')).toHaveLength(2);
});

it('goes back to what the relay counted when a poll was closed before the vote came', () => {
  tell('a', { own: [0] });
  polls.vote('a', [1]);
  tell('a', { own: [0], open: false });
  expect(polls.voting('a')).toBe(false);
  expect(polls.choice(polls.polls.value[0] ?? poll('none'))).toEqual([0]);
});

it('goes back when a vote is refused', () => {
  tell('a');
  polls.vote('a', [1]);
  line.say({ type: 'error', code: 'conflict', detail: '', re: 'poll.vote', key: '' });
  expect(polls.choice(polls.polls.value[0] ?? poll('none'))).toEqual([]);
  expect(polls.requests.refused.value?.code).toBe('conflict');
});

it('takes a vote back', () => {
  tell('a', { own: [1] });
  polls.vote('a', []);
  expect(line.of('poll.vote')[0]?.options).toEqual([]);
  expect(polls.choice(polls.polls.value[0] ?? poll('none'))).toEqual([]);
});

it('closes and deletes', () => {
  tell('a');
  tell('b');
  polls.end('a');
  polls.remove('b');
  line.cut();
  line.join();
  tell('a', { open: false });
  vi.advanceTimersByTime(250);
  line.say({ type: 'room.heartbeat' });
  line.join();
  const after = line.sent.map(({ type }) => type);
  expect(after).toEqual(['poll.close', 'poll.delete', 'poll.close', 'poll.delete']);
  expect(polls.polls.value.map(({ id, open }) => [id, open])).toEqual([['a', false]]);
});

it('knows which polls are new to somebody', () => {
  tell('mine', { participant: self });
  tell('voted', { own: [0] });
  tell('over', { open: false });
  tell('new');
  expect(polls.fresh.value.map(({ id }) => id)).toEqual(['new']);
  polls.markSeen();
  expect(polls.fresh.value).toEqual([]);
  tell('newer');
  expect(polls.fresh.value.map(({ id }) => id)).toEqual(['newer']);
});
