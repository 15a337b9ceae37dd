import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JoinToken } from './api.ts';
import { ControlChannel } from './control.ts';
import { Problem } from './problem.ts';
import { joinToken, ScriptedSocket, settle } from './testing/transports.ts';
import { systemTimers } from './timers.ts';

const state = (selected = '', publications: object[] = []) => ({
  type: 'room.state',
  instance: 'r1',
  conference: 'c',
  self: 'p-4Zr0',
  current: '',
  selected,
  participants: [],
  publications,
});
const share = {
  id: 's1',
  participant: 'p2',
  name: 'Anne',
  label: 'Screen',
  video: 'VP9',
  audio: '',
  startedAt: '',
  interrupted: false,
};

let sockets: ScriptedSocket[];
let token: ReturnType<typeof vi.fn<(milliseconds: number) => Promise<JoinToken>>>;
let channel: ControlChannel;
const latest = () => sockets[sockets.length - 1] ?? new ScriptedSocket('', '');

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  let issued = 0;
  token = vi.fn(() => Promise.resolve(joinToken(++issued)));
  channel = new ControlChannel({
    token,
    socket(url, protocol) {
      const socket = new ScriptedSocket(url, protocol);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    timers: systemTimers,
    random: () => 0,
    log: () => {},
  });
});
afterEach(() => {
  channel.close();
  vi.useRealTimers();
});

async function join(): Promise<void> {
  channel.open();
  await settle();
  latest().open();
  latest().say(state());
}

describe('joining', () => {
  it('says hello with a fresh token and opens with the room', async () => {
    channel.open();
    await settle();
    expect(latest().url).toBe('wss://relay.example/control');
    expect(latest().protocol).toBe('coopnet.control.v1');
    latest().open();
    expect(latest().sent).toEqual([{ type: 'hello', token: 'token-1' }]);
    expect(channel.state.value.phase).toBe('connecting');
    latest().say(state());
    expect(channel.state.value.phase).toBe('open');
    expect(channel.room.value?.self).toBe('p-4Zr0');
  });

  it('answers heartbeats', async () => {
    await join();
    latest().say({ type: 'room.heartbeat' });
    expect(latest().sent.at(-1)).toEqual({ type: 'room.heartbeat' });
  });

  it('stays with messages that it cannot read', async () => {
    await join();
    latest().say({ type: 'participant.left' });
    latest().onmessage?.({ data: new ArrayBuffer(2) });
    expect(channel.state.value.phase).toBe('open');
  });

  it('tries again when nobody answers', async () => {
    channel.open();
    await settle();
    await vi.advanceTimersByTimeAsync(6000 + 250);
    expect(sockets).toHaveLength(2);
    expect(channel.state.value.phase).toBe('connecting');
  });
});

describe('coming back', () => {
  it('notices three seconds of silence, and takes a fresh token', async () => {
    await join();
    await vi.advanceTimersByTimeAsync(2900);
    expect(channel.state.value.phase).toBe('open');
    await vi.advanceTimersByTimeAsync(400);
    expect(channel.state.value.phase).toBe('lost');
    await vi.advanceTimersByTimeAsync(250);
    latest().open();
    expect(latest().sent).toEqual([{ type: 'hello', token: 'token-2' }]);
    latest().say(state());
    expect(channel.state.value.phase).toBe('open');
  });

  it('hears heartbeats as life', async () => {
    await join();
    for (let second = 0; second < 20; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      latest().say({ type: 'room.heartbeat' });
    }
    expect(channel.state.value.phase).toBe('open');
    expect(sockets).toHaveLength(1);
  });

  it('backs off 0.25, 0.5, 1, 2, 4, 4 seconds and never gives up', async () => {
    await join();
    token.mockRejectedValue(new Problem('network'));
    latest().drop();
    for (const [calls, pause] of [250, 500, 1000, 2000, 4000, 4000].entries()) {
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(token).toHaveBeenCalledTimes(calls + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(token).toHaveBeenCalledTimes(calls + 2);
    }
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(channel.state.value.phase).toBe('lost');
  });

  it('waits as long as the server asks', async () => {
    await join();
    token.mockRejectedValueOnce(new Problem('rate-limited', { retryAfter: 7 }));
    latest().drop();
    await vi.advanceTimersByTimeAsync(250 + 6999);
    expect(token).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(token).toHaveBeenCalledTimes(3);
  });

  it('tries at once when the network is back', async () => {
    await join();
    token
      .mockRejectedValueOnce(new Problem('network'))
      .mockRejectedValueOnce(new Problem('network'));
    latest().drop();
    await vi.advanceTimersByTimeAsync(250 + 500);
    channel.retryNow();
    await settle();
    expect(sockets).toHaveLength(2);
  });

  it('moves to another relay when this one drains', async () => {
    await join();
    latest().say({ type: 'room.ended', reason: 'draining' });
    expect(channel.state.value.phase).toBe('lost');
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(2);
  });

  it('ignores the socket that it left', async () => {
    await join();
    const old = latest();
    old.say({ type: 'room.ended', reason: 'draining' });
    await vi.advanceTimersByTimeAsync(250);
    latest().open();
    latest().say(state());
    old.drop(4410);
    expect(channel.state.value.phase).toBe('open');
  });
});

describe('the end', () => {
  it.each([
    ['ended', 4410],
    ['removed', 4403],
  ] as const)('%s is final', async (reason, code) => {
    await join();
    latest().say({ type: 'room.ended', reason });
    expect(channel.state.value).toMatchObject({ phase: 'closed', reason });
    latest().drop(code);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });

  it.each([
    [4410, 'ended'],
    [4403, 'removed'],
    [4409, 'replaced'],
  ])('the close code %i says it too', async (code, reason) => {
    await join();
    latest().drop(code);
    expect(channel.state.value).toMatchObject({ phase: 'closed', reason });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
  });

  it.each(['unauthenticated', 'conference-denied', 'conflict'])('stops at %s', async (code) => {
    token.mockRejectedValue(new Problem(code, { status: 403 }));
    channel.open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(token).toHaveBeenCalledTimes(1);
    expect(channel.state.value).toMatchObject({ phase: 'closed', reason: 'refused' });
  });

  it('closes its socket', async () => {
    await join();
    channel.close();
    expect(latest().readyState).toBe(3);
    expect(channel.state.value).toMatchObject({ phase: 'closed', reason: 'left' });
  });
});

describe('choosing a share', () => {
  it('tells the relay and remembers the choice through a loss', async () => {
    await join();
    latest().say({ type: 'publication.started', publication: share, current: '' });
    channel.select('s1');
    expect(latest().sent.at(-1)).toEqual({ type: 'view.select', publication: 's1' });
    latest().drop();
    await vi.advanceTimersByTimeAsync(250);
    latest().open();
    latest().say(state('', [share]));
    expect(latest().sent.at(-1)).toEqual({ type: 'view.select', publication: 's1' });
    expect(channel.room.value?.selected).toBe('s1');
  });

  it('tells the relay of a choice to follow that was made while the channel was lost', async () => {
    await join();
    latest().say({ type: 'publication.started', publication: share, current: '' });
    channel.select('s1');
    latest().drop();
    channel.select('');
    await vi.advanceTimersByTimeAsync(250);
    latest().open();
    latest().say(state('s1', [share]));
    expect(latest().sent.at(-1)).toEqual({ type: 'view.select', publication: '' });
    expect(channel.room.value?.selected).toBe('');
  });

  it('follows the conference when the choice is refused', async () => {
    await join();
    channel.select('gone');
    latest().say({ type: 'error', code: 'not-found', detail: '', re: 'view.select' });
    expect(channel.room.value?.selected).toBe('');
  });
});
