import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { People } from './people.ts';
import { ScriptedLine, self, someone } from './testing/line.ts';
import { systemTimers } from './timers.ts';

let line: ScriptedLine;
let people: People;

beforeEach(() => {
  vi.useFakeTimers();
  line = new ScriptedLine();
  people = new People(line, systemTimers);
});
afterEach(() => {
  people.close();
  vi.useRealTimers();
});

const update = (id: string, more: object) =>
  line.say({ type: 'participant.updated', participant: someone(id, more) });

it('knows the rights', () => {
  line.allow('view', 'chat');
  line.join([someone(self)]);
  expect([people.presents.value, people.moderates.value]).toEqual([false, false]);
  line.allow('view', 'chat', 'moderate');
  line.join([someone(self, { presents: true, role: 'organizer' })]);
  expect([people.presents.value, people.moderates.value]).toEqual([true, true]);
});

it('says why somebody may not write', () => {
  line.allow('view');
  line.join([someone(self)]);
  expect(people.mayChat.value).toBe('never');
  line.allow('view', 'chat');
  expect(people.mayChat.value).toBe('yes');
  line.say({ type: 'room.updated', locked: false, muted: true });
  expect(people.mayChat.value).toBe('all-muted');
  update(self, { presents: true });
  expect(people.mayChat.value).toBe('yes');
  update(self, { muted: true });
  expect(people.mayChat.value).toBe('muted');
});

it('lists hands in the order in which they were raised', () => {
  const at = (second: number) => ({
    status: 'hand' as const,
    statusAt: `2026-11-24T10:00:0${second}Z`,
  });
  line.join([someone(self), someone('b', at(2)), someone('a', at(1)), someone('c')]);
  expect(people.hands.value.map(({ id }) => id)).toEqual(['a', 'b']);
});

it('shows the own status at once, and asks again after a cut', () => {
  line.join();
  people.setStatus('hand');
  expect(people.status.value).toBe('hand');
  line.cut();
  line.join();
  expect(line.sent).toEqual([
    { type: 'status.set', status: 'hand' },
    { type: 'status.set', status: 'hand' },
  ]);
  update(self, { status: 'hand' });
  // The presenter lowers it: it stays down.
  update(self, { status: '' });
  expect(people.status.value).toBe('');
  line.join();
  expect(line.sent).toHaveLength(2);
});

it('comes back to its status on a relay that does not know it', () => {
  line.join();
  people.setStatus('away');
  update(self, { status: 'away' });
  line.join([someone(self)], { instance: 'r2' });
  expect(line.sent.at(-1)).toEqual({ type: 'status.set', status: 'away' });
  expect(line.sent).toHaveLength(2);
});

it('does what organizers ask, across a cut, once', () => {
  line.join([someone(self), someone('ann', { status: 'hand' }), someone('bob')]);
  line.cut();
  people.lowerHand('ann');
  people.mute('ann', true);
  people.remove('bob');
  people.lock(true);
  people.muteAll(true);
  expect(line.sent).toEqual([]);
  line.join([someone(self), someone('ann', { status: 'hand' }), someone('bob')]);
  expect(line.sent).toEqual([
    { type: 'moderate.hand', participant: 'ann' },
    { type: 'moderate.mute', participant: 'ann', muted: true },
    { type: 'moderate.remove', participant: 'bob' },
    { type: 'moderate.lock', locked: true },
    { type: 'moderate.mute', participant: '', muted: true },
  ]);
  update('ann', { muted: true });
  line.say({ type: 'participant.left', id: 'bob' });
  line.say({ type: 'room.updated', locked: true, muted: true });
  line.join([someone(self), someone('ann', { muted: true })], { locked: true, muted: true });
  expect(line.sent).toHaveLength(5);
});

it('tells of a refusal', () => {
  line.join([someone(self), someone('ann')]);
  people.remove('ann');
  line.say({ type: 'error', code: 'forbidden', detail: '', re: 'moderate.remove', key: '' });
  expect(people.requests.refused.value?.code).toBe('forbidden');
});
