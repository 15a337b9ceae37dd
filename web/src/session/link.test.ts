import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaLink } from './link.ts';
import { Problem } from './problem.ts';
import {
  joinToken,
  problemResponse,
  ScriptedPeer,
  ScriptedRelay,
  settle,
} from './testing/transports.ts';
import { systemTimers } from './timers.ts';

let relay: ScriptedRelay;
let peers: ScriptedPeer[];
let tokens: number;
let refuseToken: Problem | null;
const latest = () => peers[peers.length - 1] ?? new ScriptedPeer();

beforeEach(() => {
  vi.useFakeTimers();
  relay = new ScriptedRelay();
  peers = [];
  tokens = 0;
  refuseToken = null;
});
afterEach(() => vi.useRealTimers());

function link(giveUpAfter = Infinity): MediaLink {
  return new MediaLink(
    {
      token() {
        if (refuseToken !== null) return Promise.reject(refuseToken);
        return Promise.resolve(joinToken(++tokens));
      },
      fetch: relay.fetch,
      peer() {
        const peer = new ScriptedPeer();
        peers.push(peer);
        return peer as unknown as RTCPeerConnection;
      },
      timers: systemTimers,
      random: () => 0,
      log: () => {},
    },
    {
      name: 'view',
      endpoint: (token) => token.relay.whep,
      prepare: (peer) => void peer.addTransceiver('video'),
      sampled: () => {},
      lingers: true,
      giveUpAfter,
    },
  );
}

async function connected(giveUpAfter?: number): Promise<MediaLink> {
  const made = link(giveUpAfter);
  made.open();
  await settle();
  latest().become('connected');
  return made;
}

let said = 0;
const alive = (bytes: number) => [{ type: 'transport', bytesReceived: bytes }];

/** Lets seconds pass, in each of which something comes from the relay. */
async function speak(seconds: number): Promise<void> {
  for (let second = 1; second <= seconds; second++) {
    latest().stats = alive(++said);
    await vi.advanceTimersByTimeAsync(1000);
  }
}

describe('the way', () => {
  const by = (id: string, protocol: string) => [
    { id: 'T', type: 'transport', selectedCandidatePairId: id, bytesReceived: ++said },
    { id, type: 'candidate-pair', localCandidateId: `${id}L` },
    { id: `${id}L`, type: 'local-candidate', candidateType: 'host', protocol },
  ];
  const second = () => vi.advanceTimersByTimeAsync(1000);

  it('is told once a second, as it is then, and not without a connection', async () => {
    const made = await connected();
    expect(made.way.value).toBeNull();
    latest().stats = by('A', 'udp');
    await second();
    expect(made.way.value).toEqual({ kind: 'udp', port: null });
    latest().stats = by('B', 'tcp');
    await second();
    expect(made.way.value?.kind).toBe('tcp');
    made.restart('test');
    expect(made.way.value).toBeNull();
  });
});

describe('offer and answer', () => {
  it('posts the offer at once, with the token, and takes the answer', async () => {
    const made = link();
    made.open();
    expect(made.state.value.phase).toBe('connecting');
    await settle();
    const [post] = relay.asked;
    expect(post?.url).toBe('https://relay.example/whep');
    expect(post?.headers.get('Authorization')).toBe('Bearer token-1');
    expect(post?.headers.get('Content-Type')).toBe('application/sdp');
    expect(post?.body).toBe('offer-sdp');
    expect(latest().remote).toEqual({ type: 'answer', sdp: 'answer-sdp' });
    latest().become('connected');
    expect(made.state.value.phase).toBe('connected');
  });

  it('gives the session back at the place that the relay named, even while the page goes', async () => {
    const made = await connected();
    made.close();
    const [gone] = relay.of('DELETE');
    expect(gone?.url).toBe('https://relay.example/sessions/1');
    expect(gone?.headers.get('Authorization')).toBe('Bearer token-1');
    expect(gone?.keepalive).toBe(true);
    expect(latest().closed).toBe(true);
  });

  it('gives back a session whose answer comes after the page has left', async () => {
    const made = link();
    made.open();
    await Promise.resolve();
    made.close();
    await settle();
    expect(made.state.value.phase).toBe('closed');
    expect(relay.of('POST').length).toBe(relay.of('DELETE').length);
  });
});

describe('a lost network', () => {
  it('waits for it to heal', async () => {
    const made = await connected();
    latest().become('disconnected');
    expect(made.state.value.phase).toBe('interrupted');
    await vi.advanceTimersByTimeAsync(3500);
    latest().become('connected');
    await speak(10);
    expect(made.state.value.phase).toBe('connected');
    expect(peers).toHaveLength(1);
  });

  it('makes a new session with a fresh token when it does not heal in four seconds', async () => {
    const made = await connected();
    latest().become('disconnected');
    await vi.advanceTimersByTimeAsync(4000);
    expect(made.state.value.phase).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(250);
    expect(relay.of('DELETE')).toHaveLength(1);
    expect(relay.of('POST').at(-1)?.headers.get('Authorization')).toBe('Bearer token-2');
    latest().become('connected');
    expect(made.state.value.phase).toBe('connected');
  });

  it('keeps the lost connection, and with it the last picture, until it is no longer needed', async () => {
    const made = await connected();
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(250);
    latest().become('connected');
    expect(peers.map(({ closed }) => closed)).toEqual([false, false]);
    made.settle();
    expect(peers.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('keeps one lost connection at most, and none that showed nothing', async () => {
    const made = await connected();
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(250);
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(500);
    latest().become('connected');
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(250);
    expect(peers.map(({ closed }) => closed)).toEqual([false, true, true, false]);
    made.close();
    expect(peers.every(({ closed }) => closed)).toBe(true);
  });

  it('does not wait when the connection has failed', async () => {
    const made = await connected();
    latest().become('failed');
    expect(made.state.value.phase).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(250);
    expect(relay.of('POST')).toHaveLength(2);
  });

  it('is over after five seconds without anybody doing anything', async () => {
    const made = await connected();
    relay.refusals.push('silence');
    latest().become('disconnected');
    await vi.advanceTimersByTimeAsync(4250);
    expect(made.state.value.phase).toBe('reconnecting');
    // The request into the dead network is given up and a new one goes through.
    await vi.advanceTimersByTimeAsync(3000 + 500);
    latest().become('connected');
    expect(made.state.value.phase).toBe('connected');
    expect(relay.of('POST')).toHaveLength(3);
  });

  it('tries for ever where there is no limit', async () => {
    const made = await connected();
    refuseToken = new Problem('network');
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(made.state.value.phase).toBe('reconnecting');
    refuseToken = null;
    await vi.advanceTimersByTimeAsync(4000);
    latest().become('connected');
    expect(made.state.value.phase).toBe('connected');
  });

  it('gives up cleanly after the limit', async () => {
    const made = await connected(20_000);
    refuseToken = new Problem('network');
    latest().become('disconnected');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(made.state.value.phase).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(6000);
    expect(made.state.value).toMatchObject({ phase: 'closed', problem: { code: 'network' } });
  });

  it('gives up after the limit, whatever an attempt is still waiting for', async () => {
    const made = await connected(20_000);
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(250);
    relay.refusals.push('silence');
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(made.state.value).toMatchObject({ phase: 'closed', problem: { code: 'network' } });
  });

  it('starts again when media never connects', async () => {
    const made = link();
    made.open();
    await vi.advanceTimersByTimeAsync(11_000 + 250);
    expect(peers).toHaveLength(2);
    expect(made.state.value.phase).toBe('connecting');
  });
});

describe('refusals', () => {
  it.each([
    [403, 'view-denied'],
    [422, 'sdp-invalid'],
  ])('%i %s is final', async (status, code) => {
    relay.refusals.push(problemResponse(status, code));
    const made = link();
    made.open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(made.state.value).toMatchObject({ phase: 'closed', problem: { code } });
    expect(relay.of('POST')).toHaveLength(1);
  });

  it.each([
    [401, 'token-expired'],
    [409, 'token-replayed'],
    [503, 'unavailable'],
  ])('%i %s is tried again with a fresh token', async (status, code) => {
    relay.refusals.push(problemResponse(status, code));
    const made = link();
    made.open();
    await vi.advanceTimersByTimeAsync(250);
    expect(relay.of('POST').at(-1)?.headers.get('Authorization')).toBe('Bearer token-2');
  });

  it('waits as long as the relay asks', async () => {
    relay.refusals.push(problemResponse(503, 'unavailable', { 'Retry-After': '5' }));
    link().open();
    await vi.advanceTimersByTimeAsync(4900);
    expect(relay.of('POST')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(relay.of('POST')).toHaveLength(2);
  });
});

describe('silence', () => {
  it('is an interruption before the browser notices, and heals with the first sign of life', async () => {
    const made = await connected();
    await speak(3);
    await vi.advanceTimersByTimeAsync(4000);
    expect(made.state.value.phase).toBe('interrupted');
    await speak(1);
    expect(made.state.value.phase).toBe('connected');
    await speak(10);
    expect(made.state.value.phase).toBe('connected');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('leads to a new session when it goes on, and the browser’s own verdict does not delay it', async () => {
    const made = await connected();
    await speak(3);
    await vi.advanceTimersByTimeAsync(6000);
    latest().become('disconnected');
    await vi.advanceTimersByTimeAsync(2000);
    expect(made.state.value.phase).toBe('reconnecting');
  });

  it('does not last: a relay that speaks each second is left alone', async () => {
    const made = await connected();
    await speak(60);
    expect(made.state.value.phase).toBe('connected');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('is not waited out once the network is known to be back', async () => {
    const made = await connected();
    refuseToken = new Problem('network');
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(250 + 500 + 1000 + 2000);
    refuseToken = null;
    made.retryNow();
    await settle();
    expect(relay.of('POST')).toHaveLength(2);
  });
});
