import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

describe('where a proxy lets no WebSocket through', () => {
  const hello = () => stand.polls.last('POST');

  async function joinByPoll(): Promise<void> {
    stand.channel.open();
    await settle();
    stand.socket.drop();
    await settle();
    await stand.letIn();
  }

  it('says hello by HTTP at once when the socket is refused', async () => {
    await joinByPoll();
    expect(hello().url).toBe('https://relay.example/control');
    expect(hello().body).toEqual({ type: 'hello', token: 'token-2' });
    expect(stand.channel.state.value.phase).toBe('open');
    expect(stand.channel.room.value?.self).toBe('p-4Zr0');
    expect(stand.sockets).toHaveLength(1);
  });

  it.each([
    ['never opens', () => {}],
    ['opens and swallows the hello', () => stand.socket.open()],
  ])('and when it %s', async (_, happen) => {
    stand.channel.open();
    await settle();
    happen();
    await vi.advanceTimersByTimeAsync(2499);
    expect(stand.polls.asked).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    await stand.letIn();
    expect(stand.channel.state.value.phase).toBe('open');
    // Too late.
    stand.socket.say({ type: 'room.ended', reason: 'ended' });
    expect(stand.socket.readyState).toBe(3);
    expect(stand.channel.state.value.phase).toBe('open');
  });

  it('and when the browser makes none', async () => {
    stand.noSocket = new DOMException('', 'SecurityError');
    stand.channel.open();
    await settle();
    await stand.letIn();
    expect(stand.channel.state.value.phase).toBe('open');
    stand.channel.close();
    expect(stand.polls.of('DELETE')).toHaveLength(1);
  });

  it('not when the relay refuses', async () => {
    stand.channel.open();
    await settle();
    stand.socket.open();
    stand.socket.say({ type: 'error', code: 'token-expired', detail: '', re: 'hello' });
    stand.socket.drop(4401);
    await settle();
    expect(stand.polls.asked).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(250);
    expect(stand.sockets).toHaveLength(2);
  });

  it('not at the first loss of a socket that worked', async () => {
    await stand.join();
    stand.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    stand.socket.drop();
    await settle();
    expect(stand.polls.asked).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(500);
    stand.socket.drop();
    await settle();
    expect(stand.polls.of('POST')).toHaveLength(1);
  });

  it('notices three seconds of silence, and comes back by HTTP', async () => {
    await joinByPoll();
    for (let second = 0; second < 5; second++) {
      await vi.advanceTimersByTimeAsync(1000);
      stand.polls.last('GET').answer(200, { after: 1, messages: [] });
      await settle();
    }
    expect(stand.channel.state.value.phase).toBe('open');
    await vi.advanceTimersByTimeAsync(3300);
    expect(stand.channel.state.value.phase).toBe('lost');
    await vi.advanceTimersByTimeAsync(250);
    expect(stand.polls.of('POST')).toHaveLength(2);
    expect(stand.sockets).toHaveLength(1);
  });

  it('tries the socket again at every third return', async () => {
    await joinByPoll();
    for (const socketsMade of [1, 1, 2]) {
      stand.polls.last('GET').answer(404, { code: 'not-found' });
      await settle();
      expect(stand.channel.state.value.phase).toBe('lost');
      await vi.advanceTimersByTimeAsync(250);
      expect(stand.sockets).toHaveLength(socketsMade);
      if (socketsMade === 1) await stand.letIn();
    }
    stand.socket.open();
    stand.socket.say(state());
    expect(stand.channel.state.value.phase).toBe('open');
    stand.socket.drop();
    await vi.advanceTimersByTimeAsync(250);
    expect(stand.sockets).toHaveLength(3);
  });

  it('tells the relay which share is chosen, and hears how it ends', async () => {
    await joinByPoll();
    stand.channel.select('');
    expect(stand.polls.last('POST').body).toEqual({
      after: 0,
      messages: [{ type: 'view.select', publication: '' }],
    });
    stand.polls.last('GET').answer(200, {
      after: 1,
      messages: [{ type: 'publication.started', publication: share, current: 's1' }],
      end: { code: 4409, reason: 'opened elsewhere' },
    });
    await settle();
    expect(stand.channel.room.value?.current).toBe('s1');
    expect(stand.channel.state.value).toMatchObject({ phase: 'closed', reason: 'replaced' });
  });

  it('says why it is refused there', async () => {
    stand.channel.open();
    await settle();
    stand.socket.drop();
    await settle();
    hello().answer(503, { code: 'unavailable' }, { 'Retry-After': '7' });
    await settle();
    expect(stand.channel.state.value).toMatchObject({
      phase: 'connecting',
      problem: { code: 'unavailable' },
    });
    await vi.advanceTimersByTimeAsync(6999);
    expect(stand.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(stand.sockets).toHaveLength(2);
  });
});
