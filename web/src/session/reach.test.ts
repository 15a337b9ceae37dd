import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JoinToken } from './api.ts';
import { Reach } from './reach.ts';
import { Stand, state } from './testing/stand.ts';
import { joinToken, settle } from './testing/transports.ts';

function at(name: string): JoinToken['relay'] {
  return {
    whip: `https://${name}/whip`,
    whep: `https://${name}/whep`,
    control: `wss://${name}/control`,
  };
}

/** A token for `home`, and one for `other` to fall back to. */
function withFallback(home = 'home', other = 'other'): JoinToken {
  const way = { token: `for ${other}`, relay: at(other), iceServers: [{ urls: `turn:${other}` }] };
  return { ...joinToken(), token: `for ${home}`, relay: at(home), alternates: [way] };
}

describe('the relay to use', () => {
  it('is the own one, until it does not answer', async () => {
    const reach = new Reach(() => Promise.resolve(withFallback()));
    const first = await reach.token(1);
    expect(first.token).toBe('for home');
    reach.failed(first);
    const second = await reach.token(1);
    expect(second).toMatchObject({
      token: 'for other',
      relay: at('other'),
      iceServers: [{ urls: 'turn:other' }],
      participant: first.participant,
    });
    reach.failed(second);
    expect((await reach.token(1)).token).toBe('for home');
  });

  it('is the own one again when it has moved, or when the other one sends everybody away', async () => {
    let grant = withFallback();
    const reach = new Reach(() => Promise.resolve(grant));
    reach.failed(grant);
    grant = withFallback('new home', 'home');
    expect((await reach.token(1)).token).toBe('for new home');
    grant = withFallback();
    expect((await reach.token(1)).token).toBe('for other');
    reach.sentAway();
    expect((await reach.token(1)).token).toBe('for home');
  });

  it('stays where there is no other', async () => {
    const reach = new Reach(() => Promise.resolve(joinToken()));
    reach.failed(joinToken());
    expect((await reach.token(1)).token).toBe('token-1');
  });
});

describe('the control channel', () => {
  let stand: Stand;

  beforeEach(() => {
    vi.useFakeTimers();
    stand = new Stand();
    stand.token.mockImplementation(() => Promise.resolve(withFallback()));
  });
  afterEach(() => {
    stand.channel.close();
    vi.useRealTimers();
  });

  it('goes to the other relay when its own answers by no carrier', async () => {
    stand.channel.open();
    await settle();
    stand.socket.drop(1006);
    await settle();
    // A proxy may have eaten the socket: the same relay is asked by HTTP first.
    expect(stand.polls.last('POST').url).toBe('https://home/control');
    stand.polls.last('POST').fail();
    await vi.advanceTimersByTimeAsync(300);
    expect(stand.socket.url).toBe('wss://other/control');
    expect(stand.channel.grant.value?.token).toBe('for other');
  });

  it('is back within seconds when its relay has died', async () => {
    await stand.join();
    await vi.advanceTimersByTimeAsync(3200 + 250);
    expect(stand.socket.url).toBe('wss://home/control');
    stand.socket.drop(1006);
    await vi.advanceTimersByTimeAsync(500);
    expect(stand.socket.url).toBe('wss://other/control');
    stand.socket.open();
    stand.socket.say(state());
    expect(stand.channel.state.value.phase).toBe('open');
    stand.socket.say({ type: 'room.ended', reason: 'draining' });
    await vi.advanceTimersByTimeAsync(250);
    expect(stand.socket.url).toBe('wss://home/control');
  });

  it('stays with a relay that answers with a refusal', async () => {
    stand.channel.open();
    await settle();
    stand.socket.drop(1006);
    await settle();
    stand.polls.last('POST').answer(503, { code: 'unavailable' });
    await vi.advanceTimersByTimeAsync(2500);
    expect(stand.socket.url).toBe('wss://home/control');
  });
});
