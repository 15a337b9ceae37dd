import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.ts';
import type { Remote } from './remote.ts';
import { self, type ScriptedLine } from './testing/line.ts';
import { desk, pass, ScriptedRemote } from './testing/remote.ts';

let rig: ScriptedRemote;
let line: ScriptedLine;
let remote: Remote;

beforeEach(() => {
  vi.useFakeTimers();
  rig = new ScriptedRemote();
  ({ line, remote } = rig);
});
afterEach(() => {
  remote.close();
  vi.useRealTimers();
});

const asked = () => line.of('control.request').at(-1);

describe('who may ask', () => {
  it('an internal participant, what somebody else shares with the software', () => {
    expect(remote.askable(desk)).toBe(true);
    expect(remote.askable({ ...desk, control: false })).toBe(false);
    expect(remote.askable({ ...desk, participant: self })).toBe(false);
    expect(remote.askable({ ...desk, controller: 'bob' })).toBe(false);
  });

  it('no guest, whatever is said', async () => {
    rig.be('guest', 'view', 'control');
    expect(remote.askable(desk)).toBe(false);
    await rig.ask();
    expect(rig.token).not.toHaveBeenCalled();
    expect(line.sent).toEqual([]);
    expect(remote.state.value).toEqual({ phase: 'idle' });
    rig.be('internal', 'view', 'share');
    expect(remote.askable(desk)).toBe(false);
    line.grant.value = null;
    expect(remote.askable(desk)).toBe(false);
  });
});

describe('asking', () => {
  it('shows the software a token for its presenter', async () => {
    const key = await rig.ask();
    expect(rig.token).toHaveBeenCalledWith('ada');
    expect(asked()).toEqual({ type: 'control.request', key, publication: 's1', token: 'signed' });
    expect(remote.state.value).toEqual({ phase: 'asking', publication: 's1', name: 'Ada' });
    await rig.ask(); // once is enough
    expect(line.of('control.request')).toHaveLength(1);
    rig.grant(key);
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
      const key = await rig.ask();
      rig.deny('another', reason);
      expect(remote.state.value.phase).toBe('asking');
      rig.deny(key, reason);
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
    const key = await rig.ask();
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
    rig.token.mockRejectedValue(new Problem(code));
    await rig.ask();
    expect(remote.notice.value?.what).toBe(what);
    expect(line.of('control.request')).toEqual([]);
  });

  it('gives up by itself where nobody ever answers', async () => {
    await rig.ask();
    await pass(69_000);
    expect(remote.state.value.phase).toBe('asking');
    await pass(2000);
    expect(remote.notice.value?.what).toBe('expired');
  });

  it('can be given up, and gives back a yes that comes all the same', async () => {
    const key = await rig.ask();
    remote.cancel();
    expect(line.sent.at(-1)).toEqual({ type: 'control.withdraw', key });
    expect(remote.state.value.phase).toBe('idle');
    rig.grant(key);
    expect(remote.state.value.phase).toBe('idle');
    expect(line.of('control.revoke')).toEqual([{ type: 'control.revoke', grant: 'g1' }]);
    rig.deny(key, 'gone');
    rig.refuse('control.withdraw', 'not-found', key);
    expect(remote.notice.value).toBe(null);
    expect(await rig.ask()).not.toBe(key);
    expect(remote.state.value.phase).toBe('asking');
  });

  it('takes the question away over there when nobody answers, and when the page goes', async () => {
    const key = await rig.ask();
    await pass(71_000);
    expect(line.of('control.withdraw')).toEqual([{ type: 'control.withdraw', key }]);
    await rig.ask();
    remote.close();
    expect(line.of('control.withdraw')).toHaveLength(2);
  });

  it('gives back a grant that it does not know of', () => {
    rig.grant('of yesterday');
    expect(remote.state.value.phase).toBe('idle');
    expect(line.of('control.revoke')).toEqual([{ type: 'control.revoke', grant: 'g1' }]);
  });

  it('goes on when the room is told anew, unless the share has gone', async () => {
    await rig.ask();
    rig.tell(desk);
    expect(remote.state.value.phase).toBe('asking');
    rig.tell();
    expect(remote.notice.value?.what).toBe('ended');
  });

  it('sends nothing when it was given up before the token came', async () => {
    let give: (value: string) => void = () => {};
    rig.token.mockReturnValue(new Promise((done) => (give = done)));
    void remote.ask(desk);
    remote.cancel();
    give('late');
    await pass(0);
    expect(line.sent).toEqual([]);
  });

  it('ends with the connection', async () => {
    await rig.ask();
    line.cut();
    expect(remote.state.value.phase).toBe('idle');
    expect(remote.notice.value).toMatchObject({ what: 'reconnected', granted: false });
  });
});

it('ends what others do on an own desktop, while the grant lasts', () => {
  rig.grant('', { participant: 'ada', publication: 's9', grant: 'g1' });
  expect(remote.state.value.phase).toBe('idle');
  expect(remote.given('s9')).toBe('g1');
  remote.takeBack('s9');
  expect(line.sent.at(-1)).toEqual({ type: 'control.revoke', grant: 'g1' });
  rig.revoke('stopped');
  expect(remote.given('s9')).toBe('');
  const { length } = line.sent;
  remote.takeBack('s9');
  expect(line.sent).toHaveLength(length);
});

it('knows of grants over own desktops until they end, whatever is told anew', () => {
  const own = { ...desk, id: 's9', participant: self };
  const tell = (controller: string) => rig.tell({ ...own, controller });
  rig.grant('', { participant: 'ada', publication: 's9' });
  tell('ada');
  expect(remote.given('s9')).toBe('g1');
  tell('');
  expect(remote.given('s9')).toBe('');
  rig.grant('', { participant: 'ada', publication: 's9' });
  line.cut();
  tell('ada');
  expect(remote.given('s9')).toBe('');
  rig.grant('', { participant: 'ada', publication: 's9' });
  expect(remote.given('s9')).toBe('g1');
});
