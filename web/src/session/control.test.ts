import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.ts';
import { share, Stand, state } from './testing/stand.ts';
import { settle } from './testing/transports.ts';

let stand: Stand;

beforeEach(() => {
  vi.useFakeTimers();
  stand = new Stand();
});
afterEach(() => {
  stand.channel.close();
  vi.useRealTimers();
});

describe('joining', () => {
  it('says hello with a fresh token and opens with the room', async () => {
    stand.channel.open();
    await settle();
    expect(stand.socket.url).toBe('wss://relay.example/control');
    expect(stand.socket.protocol).toBe('coopnet.control.v1');
    stand.socket.open();
    expect(stand.socket.sent).toEqual([{ type: 'hello', token: 'token-1' }]);
    expect(stand.channel.state.value.phase).toBe('connecting');
    stand.socket.say(state());
    expect(stand.channel.state.value.phase).toBe('open');
    expect(stand.channel.room.value?.self).toBe('p-4Zr0');
  });

  it('answers heartbeats', async () => {
    await stand.join();
    stand.socket.say({ type: 'room.heartbeat' });
    expect(stand.socket.sent.at(-1)).toEqual({ type: 'room.heartbeat' });
  });

  it('stays with messages that it cannot read', async () => {
    await stand.join();
    stand.socket.say({ type: 'participant.left' });
    stand.socket.onmessage?.({ data: new ArrayBuffer(2) });
    expect(stand.channel.state.value.phase).toBe('open');
  });

  it('tries again when nobody answers', async () => {
    stand.channel.open();
    await settle();
    await vi.advanceTimersByTimeAsync(2500 + 6000 + 250);
    expect(stand.sockets).toHaveLength(2);
    expect(stand.polls.of('POST')).toHaveLength(1);
    expect(stand.channel.state.value.phase).toBe('connecting');
  });
});

describe('coming back', () => {
  it('notices three seconds of silence, and takes a fresh token', async () => {
    await stand.join();
    await vi.advanceTimersByTimeAsync(2900);
    expect(stand.channel.state.value.phase).toBe('open');
    await vi.advanceTimersByTimeAsync(400);
    expect(stand.channel.state.value.phase).toBe('lost');
    await vi.advanceTimersByTimeAsync(250);
    stand.socket.open();
    expect(stand.socket.sent).toEqual([{ type: 'hello', token: 'token-2' }]);
    stand.socket.say(state());
    expect(stand.channel.state.value.phase).toBe('open');
  });

  it('hears heartbeats as life', async () => {
    await stand.join();
    for (let second = 0; second < 20; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      stand.socket.say({ type: 'room.heartbeat' });
    }
    expect(stand.channel.state.value.phase).toBe('open');
    expect(stand.sockets).toHaveLength(1);
  });

  it('backs off 0.25, 0.5, 1, 2, 4, 4 seconds and never gives up', async () => {
    await stand.join();
    stand.token.mockRejectedValue(new Problem('network'));
    stand.socket.drop();
    for (const [calls, pause] of [250, 500, 1000, 2000, 4000, 4000].entries()) {
      await vi.advanceTimersByTimeAsync(pause - 1);
      expect(stand.token).toHaveBeenCalledTimes(calls + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(stand.token).toHaveBeenCalledTimes(calls + 2);
    }
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(stand.channel.state.value.phase).toBe('lost');
  });

  it('waits as long as the server asks', async () => {
    await stand.join();
    stand.token.mockRejectedValueOnce(new Problem('rate-limited', { retryAfter: 7 }));
    stand.socket.drop();
    await vi.advanceTimersByTimeAsync(250 + 6999);
    expect(stand.token).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(stand.token).toHaveBeenCalledTimes(3);
  });

  it('tries at once when the network is back', async () => {
    await stand.join();
    stand.token
      .mockRejectedValueOnce(new Problem('network'))
      .mockRejectedValueOnce(new Problem('network'));
    stand.socket.drop();
    await vi.advanceTimersByTimeAsync(250 + 500);
    stand.channel.retryNow();
    await settle();
    expect(stand.sockets).toHaveLength(2);
  });

  it('moves to another relay when this one drains', async () => {
    await stand.join();
    stand.socket.say({ type: 'room.ended', reason: 'draining' });
    expect(stand.channel.state.value.phase).toBe('lost');
    await vi.advanceTimersByTimeAsync(250);
    expect(stand.sockets).toHaveLength(2);
  });

  it('ignores the socket that it left', async () => {
    await stand.join();
    const old = stand.socket;
    old.say({ type: 'room.ended', reason: 'draining' });
    await vi.advanceTimersByTimeAsync(250);
    stand.socket.open();
    stand.socket.say(state());
    old.drop(4410);
    expect(stand.channel.state.value.phase).toBe('open');
  });
});

describe('the end', () => {
  it.each([
    ['ended', 4410],
    ['removed', 4403],
  ] as const)('%s is final', async (reason, code) => {
    await stand.join();
    stand.socket.say({ type: 'room.ended', reason });
    expect(stand.channel.state.value).toMatchObject({ phase: 'closed', reason });
    stand.socket.drop(code);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stand.sockets).toHaveLength(1);
  });

  it.each([
    [4410, 'ended'],
    [4403, 'removed'],
    [4409, 'replaced'],
    [4423, 'locked'],
  ])('the close code %i says it too', async (code, reason) => {
    await stand.join();
    stand.socket.drop(code);
    expect(stand.channel.state.value).toMatchObject({ phase: 'closed', reason });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stand.sockets).toHaveLength(1);
  });

  it.each(['unauthenticated', 'conference-denied', 'conflict'])('stops at %s', async (code) => {
    stand.token.mockRejectedValue(new Problem(code, { status: 403 }));
    stand.channel.open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stand.token).toHaveBeenCalledTimes(1);
    expect(stand.channel.state.value).toMatchObject({ phase: 'closed', reason: 'refused' });
  });

  it('closes its socket', async () => {
    await stand.join();
    stand.channel.close();
    expect(stand.socket.readyState).toBe(3);
    expect(stand.channel.state.value).toMatchObject({ phase: 'closed', reason: 'left' });
  });
});

describe('choosing a share', () => {
  it('tells the relay and remembers the choice through a loss', async () => {
    await stand.join();
    stand.socket.say({ type: 'publication.started', publication: share, current: '' });
    stand.channel.select('s1');
    expect(stand.socket.sent.at(-1)).toEqual({ type: 'view.select', publication: 's1' });
    stand.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    stand.socket.open();
    stand.socket.say(state('', [share]));
    expect(stand.socket.sent.at(-1)).toEqual({ type: 'view.select', publication: 's1' });
    expect(stand.channel.room.value?.selected).toBe('s1');
  });

  it('tells the relay of a choice to follow that was made while the channel was lost', async () => {
    await stand.join();
    stand.socket.say({ type: 'publication.started', publication: share, current: '' });
    stand.channel.select('s1');
    stand.socket.drop();
    stand.channel.select('');
    await vi.advanceTimersByTimeAsync(250);
    stand.socket.open();
    stand.socket.say(state('s1', [share]));
    expect(stand.socket.sent.at(-1)).toEqual({ type: 'view.select', publication: '' });
    expect(stand.channel.room.value?.selected).toBe('');
  });

  it('follows the conference when the choice is refused', async () => {
    await stand.join();
    stand.channel.select('gone');
    stand.socket.say({ type: 'error', code: 'not-found', detail: '', re: 'view.select' });
    expect(stand.channel.room.value?.selected).toBe('');
  });
});
