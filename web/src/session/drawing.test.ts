import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Drawings } from './drawing.ts';
import { roomState, ScriptedChannel } from './testing/channel.ts';
import { systemTimers } from './timers.ts';
import type { Drawing, DrawnShape, ToRelay } from './wire.ts';

let channel: ScriptedChannel;
let drawings: Drawings;

beforeEach(() => {
  vi.useFakeTimers();
  channel = new ScriptedChannel();
  drawings = new Drawings({ channel, timers: systemTimers, random: Math.random });
  channel.say(roomState());
});
afterEach(() => {
  drawings.close();
  vi.useRealTimers();
});

const draft = (key: string, points: number[] = [0, 0], more: Partial<Drawing> = {}): Drawing => {
  return { key, tool: 'pen', colour: '#14222a', width: 4, points, text: '', ...more };
};
const shape = (id: string, drawn: Drawing, participant = 'me'): DrawnShape => {
  return { ...drawn, id, participant, name: participant };
};
const keys = (surface = 'board') => drawings.on(surface).map(({ key }) => key);
const drawn = () => channel.took('board.draw').map(({ shape: sent }) => sent);
const messages = (type: ToRelay['type']) =>
  channel.sent.filter((sent) => sent.type === type).length;

describe('a stroke', () => {
  it('is seen at once, and sent about five times a second with its latest points', async () => {
    for (let step = 1; step <= 20; step++) {
      drawings.draw('board', draft('k', [0, 0, step, step]));
      expect(drawings.on('board')[0]?.points).toEqual([0, 0, step, step]);
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(200);
    const sent = drawn();
    expect(sent.length).toBeGreaterThanOrEqual(5);
    expect(sent.length).toBeLessThanOrEqual(7);
    expect(sent.at(-1)?.points).toEqual([0, 0, 20, 20]);
  });

  it('stays as it is here while the relay repeats an older part of it', () => {
    drawings.draw('board', draft('k', [0, 0]));
    drawings.draw('board', draft('k', [0, 0, 5, 5]));
    channel.say({ type: 'board.shape', surface: 'board', shape: shape('d1', draft('k', [0, 0])) });
    expect(drawings.on('board')).toMatchObject([{ id: 'd1', points: [0, 0, 5, 5] }]);
  });

  it('that waited to be sent at the reconnection comes after what was drawn before it', async () => {
    drawings.draw('board', draft('first', [0, 0]));
    drawings.draw('board', draft('second', [1, 1]));
    channel.drop();
    drawn();
    channel.say(roomState());
    await vi.advanceTimersByTimeAsync(1000);
    expect(drawn().map(({ key }) => key)).toEqual(['first', 'second']);
  });

  it('that was cut off is sent again after the reconnection, and is there once', async () => {
    drawings.draw('board', draft('k', [0, 0]));
    channel.say({ type: 'board.shape', surface: 'board', shape: shape('d1', draft('k', [0, 0])) });
    channel.drop();
    drawings.draw('board', draft('k', [0, 0, 9, 9]));
    drawings.draw('board', draft('next', [1, 1]));
    await vi.advanceTimersByTimeAsync(1000);
    drawn();
    channel.say(roomState(), {
      type: 'board.history',
      surface: 'board',
      shapes: [shape('d0', draft('theirs'), 'other'), shape('d1', draft('k', [0, 0]))],
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(drawn().map(({ key, points }) => [key, points])).toEqual([
      ['k', [0, 0, 9, 9]],
      ['next', [1, 1]],
    ]);
    expect(keys()).toEqual(['theirs', 'k', 'next']);
    channel.say(
      { type: 'board.shape', surface: 'board', shape: shape('d1', draft('k', [0, 0, 9, 9])) },
      { type: 'board.shape', surface: 'board', shape: shape('d2', draft('next', [1, 1])) },
    );
    expect(keys()).toEqual(['theirs', 'k', 'next']);
    // What the relay has repeated is not sent a third time.
    channel.drop();
    channel.say(roomState());
    await vi.advanceTimersByTimeAsync(1000);
    expect(drawn()).toEqual([]);
    expect(keys()).toEqual([]);
  });

  it('is told again more slowly when it comes too fast', async () => {
    drawings.draw('board', draft('k'));
    drawn();
    const refused = { type: 'error', code: 'rate-limited', detail: '', re: 'board.draw' } as const;
    channel.say({ ...refused, key: 'k' });
    await vi.advanceTimersByTimeAsync(900);
    expect(messages('board.draw')).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect(drawn()).toHaveLength(1);
    expect(keys()).toEqual(['k']);
  });

  it('goes when the relay does not take it', () => {
    drawings.draw('board', draft('k'));
    channel.say({ type: 'error', code: 'conflict', detail: '', re: 'board.draw', key: 'k' });
    expect(keys()).toEqual([]);
    expect(drawings.refusal.value).toBe('conflict');
    drawings.draw('board', draft('k2'));
    expect(drawings.refusal.value).toBe('');
  });

  it('comes in small numbers after a long cut', async () => {
    channel.drop();
    for (let at = 0; at < 20; at++) drawings.draw('board', draft(`k${at}`));
    channel.say(roomState());
    expect(messages('board.draw')).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(199);
    expect(messages('board.draw')).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(1000);
    expect(drawn()).toHaveLength(20);
  });
});

describe('taking away', () => {
  it('takes back the latest own shape, whatever others drew after it', () => {
    channel.say({
      type: 'board.history',
      surface: 'board',
      shapes: [shape('a', draft('1')), shape('b', draft('2')), shape('c', draft('3'), 'other')],
    });
    drawings.undo('board');
    expect(channel.took('board.erase')).toEqual([
      { type: 'board.erase', surface: 'board', shapes: ['b'] },
    ]);
    expect(keys()).toEqual(['1', '3']);
    channel.say({ type: 'board.erased', surface: 'board', shapes: ['b'] });
    expect(keys()).toEqual(['1', '3']);
  });

  it('erases a shape that has no id yet as soon as it has one', () => {
    drawings.draw('board', draft('k'));
    drawings.undo('board');
    expect(keys()).toEqual([]);
    expect(messages('board.erase')).toBe(0);
    channel.say({ type: 'board.shape', surface: 'board', shape: shape('d1', draft('k')) });
    expect(keys()).toEqual([]);
    expect(channel.took('board.erase')).toMatchObject([{ shapes: ['d1'] }]);
  });

  it('erases again what a cut kept from being erased', () => {
    channel.say({ type: 'board.shape', surface: 'board', shape: shape('d1', draft('k')) });
    channel.drop();
    drawings.undo('board');
    channel.say(roomState());
    expect(channel.took('board.erase')).toMatchObject([{ shapes: ['d1'] }]);
    channel.say({ type: 'board.history', surface: 'board', shapes: [shape('d1', draft('k'))] });
    expect(keys()).toEqual([]);
  });

  it('shows again what the relay does not erase', () => {
    const theirs = shape('d1', draft('k'), 'other');
    channel.say({ type: 'board.shape', surface: 'board', shape: theirs });
    drawings.erase('board', [theirs]);
    expect(keys()).toEqual([]);
    channel.say({ type: 'error', code: 'forbidden', detail: '', re: 'board.erase', key: '' });
    expect(keys()).toEqual(['k']);
    expect(drawings.refusal.value).toBe('forbidden');
  });

  it('does not bring back what somebody else erased or cleared', async () => {
    drawings.draw('board', draft('mine'));
    channel.say(
      { type: 'board.shape', surface: 'board', shape: shape('d1', draft('mine', [9])) },
      { type: 'board.erased', surface: 'board', shapes: ['d1'] },
    );
    expect(keys()).toEqual([]);
    drawings.draw('board', draft('mine2'));
    await vi.advanceTimersByTimeAsync(300);
    channel.say({ type: 'board.cleared', surface: 'board' });
    expect(keys()).toEqual([]);
  });

  it('forgets what was over a share with the share', () => {
    drawings.draw('share/s1', draft('k'));
    drawings.draw('board', draft('b'));
    channel.say({ type: 'publication.stopped', id: 's1', current: '' });
    expect(keys('share/s1')).toEqual([]);
    expect(keys()).toEqual(['b']);
  });
});

it('makes keys that the relay takes, each of its own', () => {
  const made = new Set(Array.from({ length: 100 }, () => drawings.key()));
  expect(made.size).toBe(100);
  for (const key of made) expect(key).toMatch(/^[\w-]{1,64}$/);
});
