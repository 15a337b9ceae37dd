import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Remote } from './remote.ts';
import { self, type ScriptedLine } from './testing/line.ts';
import { desk, pass, ScriptedRemote } from './testing/remote.ts';

let rig: ScriptedRemote;
let line: ScriptedLine;
let remote: Remote;

beforeEach(async () => {
  vi.useFakeTimers();
  rig = new ScriptedRemote();
  ({ line, remote } = rig);
  rig.grant(await rig.ask());
  expect(remote.state.value.phase).toBe('controlling');
});
afterEach(() => {
  remote.close();
  vi.useRealTimers();
});

it('sends what is done, at most sixty times a second', async () => {
  for (let step = 0; step < 100; step++) {
    remote.input({ kind: 'move', x: step / 100, y: 0.5 });
    await pass(10);
  }
  await pass(50);
  const sent = line.of('control.input');
  expect(sent.length).toBeGreaterThan(40);
  expect(sent.length).toBeLessThanOrEqual(61);
  expect(sent.every(({ grant: by }) => by === 'g1')).toBe(true);
  expect(sent.at(-1)?.events).toEqual([{ kind: 'move', x: 0.99, y: 0.5 }]);
});

it('keeps the order of what is pressed, leaves out where the mouse was, adds up the wheel', async () => {
  remote.input({ kind: 'text', text: 'a' }); // at once
  remote.input({ kind: 'move', x: 0.1, y: 0.1 });
  remote.input({ kind: 'move', x: 0.123456789, y: -3 });
  remote.input({ kind: 'down', button: 0, x: 0.1, y: 0 });
  remote.input({ kind: 'up', button: 0, x: 0.1, y: 0 });
  remote.input({ kind: 'wheel', x: 0.1, y: 0, dx: 0, dy: 90 });
  remote.input({ kind: 'wheel', x: 0.1, y: 0, dx: 0, dy: 90 });
  await pass(50);
  const [first, second] = line.of('control.input').map(({ events }) => events);
  expect(first).toEqual([{ kind: 'text', text: 'a' }]);
  expect(second).toEqual([
    { kind: 'move', x: 0.12346, y: 0 },
    { kind: 'down', button: 0, x: 0.1, y: 0 },
    { kind: 'up', button: 0, x: 0.1, y: 0 },
    { kind: 'wheel', x: 0.1, y: 0, dx: 0, dy: 20 },
  ]);
});

it('sends much in several messages, and never keeps more than a little', async () => {
  for (let step = 0; step < 5000; step++) remote.input({ kind: 'keydown', code: 'KeyA' });
  remote.input({ kind: 'keyup', code: 'KeyA' });
  await pass(1000);
  const sent = line.of('control.input').map(({ events }) => events);
  expect(Math.max(...sent.map(({ length }) => length))).toBe(64);
  expect(sent.flat().length).toBeLessThan(2200);
  expect(sent.flat().at(-1)).toEqual({ kind: 'keyup', code: 'KeyA' });
});

it('lets everything go when it is stopped', async () => {
  remote.input({ kind: 'down', button: 2, x: 0.1, y: 0.1 });
  remote.input({ kind: 'move', x: 0.5, y: 0.5 });
  remote.input({ kind: 'keydown', code: 'ShiftLeft' });
  remote.input({ kind: 'keydown', code: 'KeyB' });
  remote.input({ kind: 'keyup', code: 'KeyB' });
  remote.stop();
  expect(
    line
      .of('control.input')
      .flatMap(({ events }) => events)
      .slice(-2),
  ).toEqual([
    { kind: 'up', button: 2, x: 0.5, y: 0.5 },
    { kind: 'keyup', code: 'ShiftLeft' },
  ]);
  expect(line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
  expect(remote.state.value.phase).toBe('idle');
  expect(remote.notice.value).toBe(null);
  rig.revoke('released');
  expect(remote.notice.value).toBe(null);
  const { length } = line.sent;
  remote.input({ kind: 'move', x: 0, y: 0 });
  await pass(100);
  expect(line.sent).toHaveLength(length);
});

it('lets everything go, and goes on', async () => {
  remote.input({ kind: 'keydown', code: 'AltLeft' });
  remote.letGo();
  remote.letGo();
  await pass(50);
  const events = line.of('control.input').flatMap((message) => message.events);
  expect(events.map(({ kind }) => kind)).toEqual(['keydown', 'keyup']);
  expect(remote.state.value.phase).toBe('controlling');
});

it('sends again what was let go where the network took nothing', async () => {
  remote.input({ kind: 'keydown', code: 'KeyA' });
  remote.input({ kind: 'keyup', code: 'KeyA' });
  await pass(50);
  rig.refuse('control.input', 'rate-limited');
  const before = line.of('control.input').length;
  await pass(300);
  expect(
    line
      .of('control.input')
      .slice(before)
      .flatMap(({ events }) => events),
  ).toEqual([{ kind: 'keyup', code: 'KeyA' }]);
});

it.each(['stopped', 'idle', 'left', 'reconnected', 'ended', 'removed', 'expired'])(
  'ends with a word: %s',
  (reason) => {
    line.say({ type: 'control.revoke', grant: 'another', reason });
    expect(remote.state.value.phase).toBe('controlling');
    rig.revoke(reason);
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value).toEqual({
      what: reason,
      granted: true,
      publication: 's1',
      name: 'Ada',
    });
  },
);

it('ends with the share', () => {
  line.say({ type: 'publication.stopped', id: 's2', current: '' });
  expect(remote.state.value.phase).toBe('controlling');
  line.say({ type: 'publication.stopped', id: 's1', current: '' });
  expect(remote.notice.value?.what).toBe('ended');
});

it('sends it once for many refusals, and not what is pressed anew', async () => {
  const refuse = () => rig.refuse('control.input', 'rate-limited');
  for (const code of ['KeyA', 'KeyB']) {
    remote.input({ kind: 'keydown', code });
    remote.input({ kind: 'keyup', code });
  }
  remote.input({ kind: 'down', button: 0, x: 0.1, y: 0.1 });
  remote.input({ kind: 'up', button: 0, x: 0.1, y: 0.1 });
  await pass(50);
  refuse();
  refuse();
  await pass(100);
  refuse();
  remote.input({ kind: 'keydown', code: 'KeyA' });
  remote.input({ kind: 'move', x: 0.9, y: 0.9 });
  await pass(30);
  const before = line.of('control.input').length;
  await pass(300);
  const again = line.of('control.input').slice(before);
  expect(again.flatMap(({ events }) => events)).toEqual([
    { kind: 'keyup', code: 'KeyB' },
    { kind: 'up', button: 0, x: 0.9, y: 0.9 },
  ]);
  // What was sent again may be lost as well.
  refuse();
  await pass(300);
  expect(line.of('control.input').at(-1)?.events).toEqual(again.at(-1)?.events);
  expect(remote.notice.value).toMatchObject({ what: 'lossy', granted: true });
});

it('says once that something was lost, and nothing of it while there is no picture', () => {
  const refuse = () => rig.refuse('control.input', 'rate-limited');
  const share = { ...desk, controller: self };
  line.say({ type: 'publication.updated', publication: { ...share, interrupted: true } });
  refuse();
  expect(remote.notice.value).toBe(null);
  line.say({ type: 'publication.updated', publication: share });
  refuse();
  expect(remote.notice.value?.what).toBe('lossy');
  remote.forgive();
  refuse();
  expect(remote.notice.value).toBe(null);
});

it('waits where the network takes nothing, and loses nothing', async () => {
  line.full = 'control.input';
  remote.input({ kind: 'keydown', code: 'Enter' });
  remote.input({ kind: 'keyup', code: 'Enter' });
  await pass(1000);
  expect(line.sent.at(-1)?.type).toBe('control.request');
  line.full = null;
  await pass(150);
  expect(line.of('control.input').flatMap(({ events }) => events)).toHaveLength(2);
});

it('stops all the same, as soon as the network takes that', async () => {
  line.full = 'control.revoke';
  remote.stop();
  expect(remote.state.value.phase).toBe('idle');
  await pass(1000);
  line.full = null;
  await pass(400);
  rig.refuse('control.revoke', 'rate-limited');
  await pass(400);
  expect(line.of('control.revoke')).toHaveLength(2);
  rig.revoke('released');
  await pass(5000);
  expect(line.of('control.revoke')).toHaveLength(2);
});

it('types a text whole, or nothing of it and says so', async () => {
  const letters = (count: number) =>
    Array.from({ length: count }, () => ({ kind: 'text' as const, text: 'é' }));
  remote.type(letters(2000));
  await pass(2000);
  expect(line.of('control.input').flatMap(({ events }) => events)).toHaveLength(2000);
  remote.type(letters(3000));
  await pass(2000);
  expect(line.of('control.input').flatMap(({ events }) => events)).toHaveLength(2000);
  expect(remote.notice.value).toMatchObject({ what: 'long', granted: true });
  expect(remote.state.value.phase).toBe('controlling');
});

it('ends where the relay knows of no control', () => {
  const no = { type: 'error', code: 'control-denied', detail: '', key: '' };
  line.say({ ...no, re: 'chat.send' });
  expect(remote.state.value.phase).toBe('controlling');
  line.say({ ...no, re: 'control.input' });
  expect(remote.notice.value).toMatchObject({ what: 'failed', granted: true });
});

it('never survives a reconnection', () => {
  const publications = [{ ...desk, controller: self }];
  line.cut();
  rig.tell(...publications);
  expect(remote.state.value.phase).toBe('idle');
  expect(remote.notice.value).toMatchObject({ what: 'reconnected', granted: true });
});

it('goes on when the room is told anew in the middle, as long as it is so', () => {
  const tell = (controller: string) => rig.tell({ ...desk, controller });
  tell(self);
  expect(remote.state.value.phase).toBe('controlling');
  rig.grant('whatever');
  expect(line.of('control.revoke')).toEqual([]);
  tell('');
  expect(remote.notice.value).toMatchObject({ what: 'failed', granted: true });
});

it('is given back by who leaves', () => {
  remote.close();
  expect(line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
});
