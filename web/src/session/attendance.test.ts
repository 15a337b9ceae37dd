import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Attendance, type Status } from './attendance.ts';
import { Problem } from './problem.ts';
import {
  joinToken,
  ScriptedPeer,
  ScriptedRelay,
  ScriptedSocket,
  settle,
} from './testing/transports.ts';
import { systemTimers } from './timers.ts';

const share = (id: string, video = 'VP9') => ({
  id,
  participant: 'p2',
  name: 'Anne',
  label: 'Screen',
  video,
  audio: '',
  startedAt: '',
  interrupted: false,
  low: false,
  control: false,
  controller: '',
});
const room = (publications: object[] = [], current = '', instance = 'r1') => ({
  type: 'room.state',
  instance,
  conference: 'c',
  self: 'p-4Zr0',
  current,
  selected: '',
  participants: [],
  publications,
});
const picture = (framesDecoded: number, reports = 0) => [
  { type: 'transport', bytesReceived: framesDecoded * 1000 + reports },
  {
    type: 'inbound-rtp',
    kind: 'video',
    framesDecoded,
    framesReceived: framesDecoded,
    packetsReceived: framesDecoded * 4,
  },
];

let relay: ScriptedRelay;
let sockets: ScriptedSocket[];
let peers: ScriptedPeer[];
let refuseToken: Problem | null;
let log: ReturnType<typeof vi.fn<(level: string, message: string) => void>>;
let attendance: Attendance;
const socket = () => sockets[sockets.length - 1] ?? new ScriptedSocket('', '');
const peer = () => peers[peers.length - 1] ?? new ScriptedPeer();
const status = (): Omit<Status, 'problem'> => {
  const { standing, reason } = attendance.status.value;
  return { standing, reason };
};

beforeEach(() => {
  vi.useFakeTimers();
  relay = new ScriptedRelay();
  sockets = [];
  peers = [];
  refuseToken = null;
  log = vi.fn<(level: string, message: string) => void>();
  const token = () => (refuseToken ? Promise.reject(refuseToken) : Promise.resolve(joinToken()));
  attendance = new Attendance({
    token,
    fetch: relay.fetch,
    socket(url, protocol) {
      const made = new ScriptedSocket(url, protocol);
      sockets.push(made);
      return made as unknown as WebSocket;
    },
    peer() {
      const made = new ScriptedPeer();
      peers.push(made);
      return made as unknown as RTCPeerConnection;
    },
    stream: (tracks) => ({ tracks }) as unknown as MediaStream,
    capture: () => Promise.reject(new DOMException('no', 'NotAllowedError')),
    capabilities: () => null,
    shows: (format) => format !== 'H264',
    timers: systemTimers,
    random: () => 0,
    log,
  });
});
afterEach(() => {
  attendance.close();
  vi.useRealTimers();
});

async function join(state = room()): Promise<void> {
  attendance.open();
  await settle();
  socket().open();
  socket().say(state);
  peer().become('connected');
}

let reports = 0;

/**
 * Seconds with a living control channel, in which `frames` more are decoded. The relay's report
 * comes each second, unless the media port is `silent`.
 */
async function pass(seconds: number, frames = 0, silent = false): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const decoded = (peer().stats[1] as { framesDecoded?: number } | undefined)?.framesDecoded ?? 0;
    if (!silent) peer().stats = picture(decoded + frames, ++reports);
    await vi.advanceTimersByTimeAsync(1000);
    socket().say({ type: 'room.heartbeat' });
  }
}

describe('what the guest is told', () => {
  it('connecting, waiting, first picture, live, stopped', async () => {
    attendance.open();
    expect(status()).toEqual({ standing: 'connecting', reason: '' });
    await settle();
    socket().open();
    socket().say(room());
    expect(status().standing).toBe('connecting');
    peer().become('connected');
    expect(status()).toEqual({ standing: 'waiting', reason: '' });
    socket().say({ type: 'publication.started', publication: share('s1'), current: 's1' });
    expect(status()).toEqual({ standing: 'connecting', reason: 'first-picture' });
    await pass(2, 15);
    expect(status().standing).toBe('live');
    socket().say({ type: 'publication.stopped', id: 's1', current: '' });
    expect(status()).toEqual({ standing: 'waiting', reason: 'stopped' });
  });

  it('waits in the lobby, and goes in by itself', async () => {
    refuseToken = new Problem('waiting', { status: 202, retryAfter: 3 });
    attendance.open();
    await settle();
    expect(status()).toEqual({ standing: 'lobby', reason: '' });
    refuseToken = null;
    await vi.advanceTimersByTimeAsync(3000);
    expect(status().standing).toBe('connecting');
    socket().open();
    socket().say(room());
    peer().become('connected');
    expect(status().standing).toBe('waiting');
    // Back at the door after a loss: the page says so instead of "reconnecting".
    refuseToken = new Problem('waiting', { status: 202, retryAfter: 3 });
    socket().drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(status().standing).toBe('lobby');
    refuseToken = new Problem('forbidden', { status: 403 });
    await vi.advanceTimersByTimeAsync(3000);
    expect(status()).toEqual({ standing: 'ended', reason: 'refused' });
  });

  it('a still page is live for as long as it is shared', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 1);
    await pass(60);
    expect(status().standing).toBe('live');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('the next presenter is awaited, then live, in the same session', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    socket().say({ type: 'publication.stopped', id: 's1', current: '' });
    socket().say({ type: 'publication.started', publication: share('s2'), current: 's2' });
    expect(status()).toEqual({ standing: 'connecting', reason: 'first-picture' });
    await pass(1, 15);
    expect(status().standing).toBe('live');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('no picture is reported and asked for again', async () => {
    await join(room([share('s1')], 's1'));
    await pass(6);
    expect(status()).toEqual({ standing: 'frozen', reason: 'undecodable' });
    expect(log).toHaveBeenCalledWith('warn', 'tool: frozen', expect.anything());
    await pass(4);
    expect(relay.of('POST')).toHaveLength(2);
    peer().become('connected');
    await pass(2, 15);
    expect(status().standing).toBe('live');
  });

  it('a format that this browser cannot show is said, and not asked for again', async () => {
    await join(room([share('s1', 'H264')], 's1'));
    await pass(40);
    expect(status()).toEqual({ standing: 'frozen', reason: 'format' });
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('a network that blocks media is told from a share without a picture', async () => {
    attendance.open();
    await settle();
    socket().open();
    socket().say(room([share('s1')], 's1'));
    await pass(9);
    expect(status()).toEqual({ standing: 'connecting', reason: '' });
    await pass(4);
    expect(status()).toEqual({ standing: 'connecting', reason: 'blocked' });
  });

  it('why the relay does not let anybody in yet', async () => {
    attendance.open();
    await settle();
    socket().open();
    socket().say({ type: 'error', code: 'token-time', detail: '', re: 'hello' });
    socket().drop(4401);
    expect(attendance.status.value).toMatchObject({
      standing: 'connecting',
      reason: 'trouble',
      problem: { code: 'token-time' },
    });
  });

  it('a black picture is reported', async () => {
    await join(room([share('s1')], 's1'));
    await pass(1, 15);
    attendance.look(true);
    await pass(3, 15);
    expect(status()).toEqual({ standing: 'frozen', reason: 'black' });
    attendance.look(false);
    expect(status().standing).toBe('live');
  });
});

describe('a lost network', () => {
  it('says which link is lost, and is live again by itself', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    await vi.advanceTimersByTimeAsync(3300);
    expect(status()).toEqual({ standing: 'reconnecting', reason: 'control' });
    peer().become('disconnected');
    await vi.advanceTimersByTimeAsync(2000);
    peer().become('connected');
    peer().stats = picture(100);
    socket().open();
    socket().say(room([share('s1')], 's1'));
    await pass(2, 15);
    expect(status().standing).toBe('live');
    peer().become('disconnected');
    expect(status()).toEqual({ standing: 'reconnecting', reason: 'media' });
  });

  it('says so within four seconds when nothing comes any more, and when it goes on', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    await pass(4, 0, true);
    expect(status()).toEqual({ standing: 'reconnecting', reason: 'media' });
    await pass(2, 15);
    expect(status().standing).toBe('live');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('makes a new session at once when another run of the relay answers', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    socket().drop();
    await vi.advanceTimersByTimeAsync(250);
    socket().open();
    socket().say(room([share('s1')], 's1', 'r2'));
    await settle();
    expect(relay.of('POST')).toHaveLength(2);
    expect(relay.of('DELETE')).toHaveLength(0);
  });

  it('keeps a session that it has made with the new relay before the channel was back', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    socket().drop();
    peer().become('failed');
    await vi.advanceTimersByTimeAsync(250);
    peer().become('connected');
    socket().open();
    socket().say(room([share('s1')], 's1', 'r2'));
    await pass(2, 15);
    expect(relay.of('POST')).toHaveLength(2);
    expect(status().standing).toBe('live');
  });

  it('keeps its session when the same relay answers again', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    socket().drop();
    await vi.advanceTimersByTimeAsync(250);
    socket().open();
    socket().say(room([share('s1')], 's1'));
    await pass(2, 15);
    expect(status().standing).toBe('live');
    expect(relay.of('POST')).toHaveLength(1);
  });

  it('tells a presenter’s lost network from its own', async () => {
    await join(room([share('s1')], 's1'));
    await pass(2, 15);
    const still = { ...share('s1'), interrupted: true };
    socket().say({ type: 'publication.updated', publication: still });
    expect(status()).toEqual({ standing: 'frozen', reason: 'presenter' });
    socket().say({ type: 'publication.updated', publication: share('s1') });
    expect(status().standing).toBe('live');
  });

  it('waits for a presenter whose network is away, also where no picture has come yet', async () => {
    await join(room([{ ...share('s1'), interrupted: true }], 's1'));
    await pass(20);
    expect(status()).toEqual({ standing: 'frozen', reason: 'presenter' });
    expect(relay.of('POST')).toHaveLength(1);
  });
});

describe('the end', () => {
  it.each([
    ['ended', 'ended'],
    ['removed', 'removed'],
  ] as const)('%s ends everything', async (reason, standing) => {
    await join(room([share('s1')], 's1'));
    socket().say({ type: 'room.ended', reason });
    expect(status().standing).toBe(standing);
    expect(peer().closed).toBe(true);
    expect(relay.of('DELETE')).toHaveLength(1);
  });

  it('opened elsewhere: everything here ends, and nothing comes back by itself', async () => {
    await join(room([share('s1')], 's1'));
    socket().drop(4409);
    expect(status().standing).toBe('replaced');
    expect(peer().closed).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(1);
    expect(status().standing).toBe('replaced');
  });

  it('a refusal is told with its problem', async () => {
    refuseToken = new Problem('unauthenticated', { status: 401 });
    attendance.open();
    await settle();
    expect(attendance.status.value).toMatchObject({
      standing: 'ended',
      reason: 'refused',
      problem: { code: 'unauthenticated' },
    });
  });

  it('who was in and finds it shut is told that it is over', async () => {
    await join();
    refuseToken = new Problem('conference-denied', { status: 403 });
    socket().drop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(status()).toEqual({ standing: 'ended', reason: 'missed' });
  });

  it('leaving gives the session back and says nothing more', async () => {
    await join();
    attendance.close();
    expect(relay.of('DELETE')).toHaveLength(1);
    expect(socket().readyState).toBe(3);
    const asked = relay.asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(relay.asked).toHaveLength(asked);
  });
});
