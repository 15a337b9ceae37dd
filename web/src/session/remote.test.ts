import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.ts';
import { Remote } from './remote.ts';
import { ScriptedLine, self, someone } from './testing/line.ts';
import { joinToken } from './testing/transports.ts';
import { systemTimers } from './timers.ts';
import type { Publication, Role } from './wire.ts';

const desk: Publication = {
  id: 's1',
  participant: 'ada',
  name: 'Ada',
  label: 'Desktop',
  video: 'VP9',
  audio: '',
  startedAt: '2026-11-24T10:00:00Z',
  interrupted: false,
  low: false,
  control: true,
  controller: '',
};
const token = vi.fn<(presenter: string) => Promise<string>>();
let line: ScriptedLine;
let remote: Remote;

beforeEach(() => {
  vi.useFakeTimers();
  token.mockReset().mockResolvedValue('signed');
  line = new ScriptedLine();
  remote = new Remote({ line, timers: systemTimers, random: Math.random, token });
  be('internal', 'view', 'control');
  line.join([someone(self), someone('ada')], { publications: [desk] });
});
afterEach(() => {
  remote.close();
  vi.useRealTimers();
});

function be(role: Role, ...permissions: string[]): void {
  line.grant.value = { ...joinToken(1, permissions), participant: { id: self, name: 'Me', role } };
}

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const asked = () => line.of('control.request').at(-1);

async function ask(): Promise<string> {
  void remote.ask(desk);
  await pass(0);
  return asked()?.key ?? '';
}

function grant(key: string, more: object = {}): void {
  line.say({
    type: 'control.grant',
    request: 'q1',
    key,
    grant: 'g1',
    publication: 's1',
    participant: self,
    name: 'Me',
    expiresAt: '2026-11-24T11:00:00Z',
    ...more,
  });
}

const deny = (key: string, reason: string) =>
  line.say({ type: 'control.deny', request: 'q1', key, publication: 's1', reason });
const revoke = (reason: string) => line.say({ type: 'control.revoke', grant: 'g1', reason });

async function control(): Promise<void> {
  grant(await ask());
  expect(remote.state.value.phase).toBe('controlling');
}

describe('who may ask', () => {
  it('an internal participant, what somebody else shares with the software', () => {
    expect(remote.askable(desk)).toBe(true);
    expect(remote.askable({ ...desk, control: false })).toBe(false);
    expect(remote.askable({ ...desk, participant: self })).toBe(false);
    expect(remote.askable({ ...desk, controller: 'bob' })).toBe(false);
  });

  it('no guest, whatever is said', async () => {
    be('guest', 'view', 'control');
    expect(remote.askable(desk)).toBe(false);
    await ask();
    expect(token).not.toHaveBeenCalled();
    expect(line.sent).toEqual([]);
    expect(remote.state.value).toEqual({ phase: 'idle' });
    be('internal', 'view', 'share');
    expect(remote.askable(desk)).toBe(false);
    line.grant.value = null;
    expect(remote.askable(desk)).toBe(false);
  });
});

describe('asking', () => {
  it('shows the software a token for its presenter', async () => {
    const key = await ask();
    expect(token).toHaveBeenCalledWith('ada');
    expect(asked()).toEqual({ type: 'control.request', key, publication: 's1', token: 'signed' });
    expect(remote.state.value).toEqual({ phase: 'asking', publication: 's1', name: 'Ada' });
    await ask(); // once is enough
    expect(line.of('control.request')).toHaveLength(1);
    grant(key);
    expect(remote.state.value).toEqual({
      phase: 'controlling',
      grant: 'g1',
      publication: 's1',
      name: 'Ada',
    });
    await pass(100_000);
    expect(remote.state.value.phase).toBe('controlling');
  });

  it.each(['denied', 'busy', 'unverified', 'expired', 'gone'])(
    'says that it is %s',
    async (reason) => {
      const key = await ask();
      deny('another', reason);
      expect(remote.state.value.phase).toBe('asking');
      deny(key, reason);
      expect(remote.state.value).toEqual({ phase: 'idle' });
      expect(remote.notice.value).toEqual({
        what: reason,
        granted: false,
        publication: 's1',
        name: 'Ada',
      });
      remote.forgive();
      expect(remote.notice.value).toBe(null);
    },
  );

  it.each([
    ['conflict', 'conflict'],
    ['unavailable', 'absent'],
    ['not-found', 'gone'],
    ['control-denied', 'forbidden'],
    ['rate-limited', 'pace'],
    ['invalid', 'failed'],
  ])('says it where the relay refuses with %s', async (code, what) => {
    const key = await ask();
    line.say({ type: 'error', code, detail: '', re: 'chat.send', key: '' });
    line.say({ type: 'error', code, detail: '', re: 'control.request', key: 'another' });
    expect(remote.state.value.phase).toBe('asking');
    line.say({ type: 'error', code, detail: '', re: 'control.request', key });
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value?.what).toBe(what);
  });

  it.each([
    ['control-denied', 'forbidden'],
    ['rate-limited', 'pace'],
    ['network', 'failed'],
  ])('says it where there is no token: %s', async (code, what) => {
    token.mockRejectedValue(new Problem(code));
    await ask();
    expect(remote.notice.value?.what).toBe(what);
    expect(line.of('control.request')).toEqual([]);
  });

  it('gives up by itself where nobody ever answers', async () => {
    await ask();
    await pass(69_000);
    expect(remote.state.value.phase).toBe('asking');
    await pass(2000);
    expect(remote.notice.value?.what).toBe('expired');
  });

  it('can be given up, and gives back a yes that comes all the same', async () => {
    const key = await ask();
    remote.cancel();
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value).toBe(null);
    grant(key);
    expect(remote.state.value.phase).toBe('idle');
    expect(line.of('control.revoke')).toEqual([{ type: 'control.revoke', grant: 'g1' }]);
  });

  it('sends nothing when it was given up before the token came', async () => {
    let give: (value: string) => void = () => {};
    token.mockReturnValue(new Promise((done) => (give = done)));
    void remote.ask(desk);
    remote.cancel();
    give('late');
    await pass(0);
    expect(line.of('control.request')).toEqual([]);
  });

  it('ends with the connection', async () => {
    await ask();
    line.cut();
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value).toMatchObject({ what: 'reconnected', granted: false });
  });
});

describe('controlling', () => {
  beforeEach(control);

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
    for (let step = 0; step < 1000; step++) remote.input({ kind: 'keydown', code: 'KeyA' });
    remote.input({ kind: 'keyup', code: 'KeyA' });
    await pass(200);
    const sent = line.of('control.input').map(({ events }) => events);
    expect(Math.max(...sent.map(({ length }) => length))).toBe(64);
    expect(sent.flat().length).toBeLessThan(300);
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
    revoke('released');
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
    line.say({ type: 'error', code: 'rate-limited', detail: '', re: 'control.input', key: '' });
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
      revoke(reason);
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

  it('never survives a reconnection', () => {
    line.join([someone(self), someone('ada')], { publications: [desk] });
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value).toMatchObject({ what: 'reconnected', granted: true });
  });

  it('is given back by who leaves', () => {
    remote.close();
    expect(line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
  });
});

it('ends what others do on an own desktop, while the grant lasts', () => {
  grant('', { participant: 'ada', publication: 's9', grant: 'g1' });
  expect(remote.state.value.phase).toBe('idle');
  expect(remote.given('s9')).toBe('g1');
  remote.takeBack('s9');
  expect(line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
  revoke('stopped');
  expect(remote.given('s9')).toBe('');
  const { length } = line.sent;
  remote.takeBack('s9');
  expect(line.sent).toHaveLength(length);
});
