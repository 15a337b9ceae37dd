import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { joinToken, ScriptedPeer, ScriptedRelay, settle } from './testing/transports.ts';
import { systemTimers } from './timers.ts';
import { Viewer } from './viewer.ts';

interface Track {
  kind: string;
  onunmute: (() => void) | null;
}

const track = (kind: string): Track => ({ kind, onunmute: null });

let peers: ScriptedPeer[];
let viewer: Viewer;
const latest = () => peers[peers.length - 1] ?? new ScriptedPeer();
const played = () => (viewer.stream.value as unknown as { tracks: Track[] } | null)?.tracks ?? [];

beforeEach(async () => {
  vi.useFakeTimers();
  peers = [];
  viewer = new Viewer({
    token: () => Promise.resolve(joinToken()),
    fetch: new ScriptedRelay().fetch,
    peer() {
      const peer = new ScriptedPeer();
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    stream: (tracks) => ({ tracks: [...tracks] }) as unknown as MediaStream,
    sampled: () => {},
    timers: systemTimers,
    random: () => 0,
    log: () => {},
  });
  viewer.link.open();
  await settle();
});
afterEach(() => vi.useRealTimers());

/** The browser names the tracks of the latest session. */
function offers(...tracks: Track[]): void {
  for (const each of tracks) latest().ontrack?.({ track: each, receiver: {} });
}

describe('what is played', () => {
  it('is picture and sound, in whichever order they come', () => {
    const [video, audio] = [track('video'), track('audio')];
    offers(video, audio);
    expect(played()).toEqual([video, audio]);
  });

  it('stays the last session until the next one has a picture, and then has its sound, too', async () => {
    const [old, video, audio] = [track('video'), track('video'), track('audio')];
    offers(old);
    latest().become('connected');
    viewer.link.restart('test');
    await vi.advanceTimersByTimeAsync(10);
    expect(peers).toHaveLength(2);
    offers(video, audio);
    expect(played()).toEqual([old]);
    video.onunmute?.();
    expect(played()).toEqual([video, audio]);
    expect(video.onunmute).toBeNull();
    expect(peers[0]?.closed).toBe(true);
  });
});
