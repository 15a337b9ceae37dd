import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './problem.ts';
import { Publisher } from './publisher.ts';
import {
  joinToken,
  problemResponse,
  ScriptedPeer,
  ScriptedRelay,
  settle,
} from './testing/transports.ts';
import { systemTimers } from './timers.ts';

class Track {
  contentHint = '';
  onended: (() => void) | null = null;
  stop = vi.fn();
  clone = vi.fn(() => new Track(this.kind));
  readonly kind: string;
  constructor(kind: string) {
    this.kind = kind;
  }
}

class Media {
  readonly video = new Track('video');
  readonly audio = new Track('audio');
  getTracks = () => [this.video, this.audio];
  getVideoTracks = () => [this.video];
  getAudioTracks = () => [this.audio];
}

const codec = (mimeType: string) => ({ mimeType, clockRate: 90_000 });
let media: Media;
let relay: ScriptedRelay;
let peers: ScriptedPeer[];
let capture: ReturnType<typeof vi.fn<(options: DisplayMediaStreamOptions) => Promise<MediaStream>>>;
let offline: boolean;
let publisher: Publisher;
const latest = () => peers[peers.length - 1] ?? new ScriptedPeer();

beforeEach(() => {
  vi.useFakeTimers();
  media = new Media();
  relay = new ScriptedRelay();
  peers = [];
  offline = false;
  capture = vi.fn(() => Promise.resolve(media as unknown as MediaStream));
  publisher = new Publisher({
    token: () => (offline ? Promise.reject(new Problem('network')) : Promise.resolve(joinToken())),
    fetch: relay.fetch,
    peer() {
      const peer = new ScriptedPeer();
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
    capture,
    capabilities: () => ({
      codecs: ['VP8', 'rtx', 'H264', 'AV1', 'VP9'].map((name) => codec(`video/${name}`)),
      headerExtensions: [],
    }),
    timers: systemTimers,
    random: () => 0,
    log: () => {},
  });
});
afterEach(() => {
  publisher.stop();
  vi.useRealTimers();
});

async function live(): Promise<void> {
  await publisher.start({ label: 'Écran 1', hint: 'text' });
  await settle();
  latest().become('connected');
}

describe('sharing', () => {
  it('goes from choosing over connecting to live', async () => {
    const started = publisher.start({ label: 'Screen', hint: 'motion' });
    expect(publisher.state.value.phase).toBe('choosing');
    await started;
    expect(publisher.state.value.phase).toBe('connecting');
    await settle();
    latest().become('connected');
    expect(publisher.state.value).toMatchObject({ phase: 'live', wish: { label: 'Screen' } });
    expect(media.video.contentHint).toBe('motion');
  });

  it('names the share, prefers VP9 and limits the rate', async () => {
    await live();
    expect(relay.of('POST')[0]?.url).toBe('https://relay.example/whip?label=%C3%89cran+1&low=1');
    const [video, low, audio] = latest().transceivers;
    expect(video?.init).toMatchObject({
      direction: 'sendonly',
      sendEncodings: [{ maxBitrate: 4_000_000, maxFramerate: 30 }],
    });
    expect(audio?.init).not.toHaveProperty('sendEncodings');
    expect(low?.init?.sendEncodings).toEqual([
      { maxBitrate: 200_000, maxFramerate: 10, active: false },
    ]);
    const names = (latest().codecs as RTCRtpCodec[][]).map((list) =>
      list.map(({ mimeType }) => mimeType.slice('video/'.length)),
    );
    expect(names).toEqual([
      ['VP9', 'VP8', 'H264', 'AV1', 'rtx'],
      ['AV1', 'VP9', 'VP8', 'H264', 'rtx'],
    ]);
    expect(latest().set.map(({ parameters }) => parameters)).toMatchObject([
      { degradationPreference: 'maintain-resolution' },
      { degradationPreference: 'maintain-resolution' },
    ]);
  });

  it('sends the low picture while somebody needs it, in a later session too', async () => {
    await live();
    const active = () => latest().set.at(-1)?.parameters.encodings[0]?.active;
    publisher.sendLow(true);
    await settle();
    expect(latest().set.at(-1)?.transceiver).toBe(1);
    expect(active()).toBe(true);
    // Both in one breath: the relay's messages may come together.
    publisher.sendLow(false);
    publisher.sendLow(true);
    await settle();
    expect(active()).toBe(true);
    publisher.sendLow(false);
    await settle();
    expect(active()).toBe(false);
    publisher.sendLow(true);
    latest().become('failed');
    await vi.advanceTimersByTimeAsync(4000);
    expect(peers).toHaveLength(2);
    expect(latest().transceivers[1]?.init?.sendEncodings?.[0]?.active).toBe(true);
    expect(media.video.clone).toHaveBeenCalledTimes(1);
    publisher.stop();
    expect(media.video.clone.mock.results[0]?.value.stop).toHaveBeenCalled();
  });

  it('asks the browser for a sharp and calm picture, never for the portal itself', async () => {
    await live();
    expect(capture).toHaveBeenCalledWith(
      expect.objectContaining({
        video: {
          frameRate: { ideal: 30, max: 30 },
          width: { max: 2560 },
          height: { max: 1440 },
        },
        audio: true,
        selfBrowserSurface: 'exclude',
      }),
    );
  });
});

describe('stopping', () => {
  it('by the button: gives the session back and stops the capture', async () => {
    await live();
    publisher.stop();
    expect(publisher.state.value.phase).toBe('idle');
    expect(relay.of('DELETE')).toHaveLength(1);
    expect(media.video.stop).toHaveBeenCalled();
    expect(media.audio.stop).toHaveBeenCalled();
  });

  it("by the browser's own bar", async () => {
    await live();
    media.video.onended?.();
    expect(publisher.state.value).toEqual({ phase: 'ended', problem: null });
    expect(relay.of('DELETE')).toHaveLength(1);
  });

  it('by closing the chooser: nothing happened', async () => {
    capture.mockRejectedValue(new DOMException('no', 'NotAllowedError'));
    await publisher.start({ label: '', hint: 'text' });
    expect(publisher.state.value.phase).toBe('idle');
    expect(relay.asked).toHaveLength(0);
  });

  it('while the chooser is open: what is chosen then is stopped', async () => {
    const started = publisher.start({ label: '', hint: 'text' });
    publisher.stop();
    await started;
    expect(media.video.stop).toHaveBeenCalled();
    expect(relay.asked).toHaveLength(0);
  });

  it('because the screen cannot be recorded', async () => {
    capture.mockRejectedValue(new DOMException('no', 'NotReadableError'));
    await publisher.start({ label: '', hint: 'text' });
    expect(publisher.state.value).toMatchObject({ phase: 'ended', problem: { code: 'capture' } });
  });

  it('because the relay refuses', async () => {
    relay.refusals.push(problemResponse(403, 'publish-denied'));
    await publisher.start({ label: '', hint: 'text' });
    await settle();
    expect(publisher.state.value).toMatchObject({ problem: { code: 'publish-denied' } });
    expect(media.video.stop).toHaveBeenCalled();
  });
});

describe('a lost network', () => {
  it('of 15 seconds resumes with the same capture', async () => {
    await live();
    offline = true;
    latest().become('disconnected');
    expect(publisher.state.value.phase).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(15_000);
    offline = false;
    await vi.advanceTimersByTimeAsync(4000);
    latest().become('connected');
    expect(publisher.state.value.phase).toBe('live');
    expect(capture).toHaveBeenCalledTimes(1);
    expect(media.video.stop).not.toHaveBeenCalled();
  });

  it('of more than 20 seconds ends the share', async () => {
    await live();
    offline = true;
    latest().become('disconnected');
    await vi.advanceTimersByTimeAsync(25_000);
    expect(publisher.state.value).toMatchObject({ phase: 'ended', problem: { code: 'network' } });
    expect(media.video.stop).toHaveBeenCalled();
    expect(publisher.link).toBeNull();
  });
});
