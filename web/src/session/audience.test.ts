import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Audience } from './audience.ts';
import { ScriptedLine } from './testing/line.ts';
import { systemTimers } from './timers.ts';

let line: ScriptedLine;
let audience: Audience;
const share = { id: 's1', participant: 'p-self', name: 'Me', label: 'Screen', video: 'VP9' };
const live = {
  publications: [
    { ...share, startedAt: '', interrupted: false, low: false, control: false, controller: '' },
  ],
};

beforeEach(() => {
  vi.useFakeTimers();
  line = new ScriptedLine();
  audience = new Audience(line, systemTimers);
  line.join(undefined, live);
});
afterEach(() => {
  audience.close();
  vi.useRealTimers();
});

const watch = (...viewers: string[]) =>
  line.say({ type: 'publication.watched', id: 's1', count: viewers.length, viewers });

it('knows who watches, through a reconnection and until the share stops', () => {
  expect(audience.watched.value.size).toBe(0);
  watch('a', 'b');
  expect(audience.watched.value.get('s1')).toEqual({ count: 2, viewers: ['a', 'b'] });
  line.cut();
  line.join(undefined, live);
  expect(audience.watched.value.get('s1')?.count).toBe(2);
  watch('b');
  expect(audience.watched.value.get('s1')?.viewers).toEqual(['b']);
  line.join();
  expect(audience.watched.value.size).toBe(0);
  watch('b');
  line.say({ type: 'publication.stopped', id: 's1', current: '' });
  expect(audience.watched.value.size).toBe(0);
});

it('says that somebody watches, and nobody any more, once it has lasted', async () => {
  const said: string[] = [];
  const stop = audience.said.subscribe((now) => said.push(now));
  watch();
  await vi.advanceTimersByTimeAsync(9000);
  watch('a');
  await vi.advanceTimersByTimeAsync(3000);
  for (const more of ['b', 'c', 'd']) watch('a', more);
  await vi.advanceTimersByTimeAsync(9000);
  watch();
  await vi.advanceTimersByTimeAsync(3000);
  watch('a'); // came back
  await vi.advanceTimersByTimeAsync(9000);
  expect(said).toEqual(['', 'some']);
  watch();
  await vi.advanceTimersByTimeAsync(9000);
  expect(said).toEqual(['', 'some', 'none']);
  line.say({ type: 'publication.stopped', id: 's1', current: '' });
  await vi.advanceTimersByTimeAsync(9000);
  expect(said.at(-1)).toBe('');
  stop();
});
