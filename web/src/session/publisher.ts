import { effect, signal, type ReadonlySignal } from '@preact/signals-core';
import { MediaLink, type LinkDeps } from './link.ts';
import { LowPicture } from './lowpicture.ts';
import { Problem } from './problem.ts';
import { byPreference, keepSharp, type Hint } from './sender.ts';

export interface ShareWish {
  label: string;
  hint: Hint;
}

export type PublisherState =
  | { phase: 'idle' }
  | { phase: 'choosing' }
  | { phase: 'connecting'; wish: ShareWish }
  | { phase: 'live'; wish: ShareWish }
  | { phase: 'reconnecting'; wish: ShareWish }
  /** Ended by itself; null when the browser's own "stop sharing" was pressed. */
  | { phase: 'ended'; problem: Problem | null };

export interface PublisherDeps extends LinkDeps {
  capture(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  capabilities(kind: string): RTCRtpCapabilities | null;
}

/** Silence of the network after which a share ends instead of coming back as a surprise. */
const giveUpAfter = 20_000;
const preferred = ['video/vp9', 'video/vp8', 'video/h264', 'video/av1'];
const bitrates: Readonly<Record<Hint, number>> = { text: 4_000_000, motion: 6_000_000 };

/**
 * Shares a screen, window or tab over WHIP. The captured picture outlives a lost network, so that
 * the presenter is not asked again.
 *
 *     idle -> choosing -> connecting -> live <-> reconnecting;  -> idle | ended
 */
export class Publisher {
  readonly #state = signal<PublisherState>({ phase: 'idle' });
  readonly #deps: PublisherDeps;
  #link: MediaLink | null = null;
  readonly #media = signal<MediaStream | null>(null);
  #unfollow: () => void = () => {};
  readonly #low: LowPicture;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
    this.#low = new LowPicture(deps.log);
  }

  get state(): ReadonlySignal<PublisherState> {
    return this.#state;
  }

  /** What is captured, to see it oneself. */
  get media(): ReadonlySignal<MediaStream | null> {
    return this.#media;
  }

  get link(): MediaLink | null {
    return this.#link;
  }

  /** Must be called from a click: the browser then asks what to share. */
  async start(wish: ShareWish): Promise<void> {
    const { phase } = this.#state.value;
    if (phase !== 'idle' && phase !== 'ended') return;
    this.#state.value = { phase: 'choosing' };
    let media: MediaStream;
    try {
      media = await this.#deps.capture(captureOptions());
    } catch (cause) {
      this.#state.value = refusedByHand(cause)
        ? { phase: 'idle' }
        : { phase: 'ended', problem: new Problem('capture', { cause }) };
      return;
    }
    if (this.#state.value.phase !== 'choosing') {
      stopTracks(media);
      return;
    }
    this.#media.value = media;
    for (const track of media.getVideoTracks()) {
      track.contentHint = wish.hint;
      track.onended = () => this.#finish({ phase: 'ended', problem: null });
    }
    this.#state.value = { phase: 'connecting', wish };
    this.#publish(media, wish);
  }

  stop(): void {
    this.#finish({ phase: 'idle' });
  }

  /** Whether somebody needs the low picture. */
  sendLow(wanted: boolean): void {
    this.#low.send(wanted);
  }

  #publish(media: MediaStream, wish: ShareWish): void {
    const link = new MediaLink(this.#deps, {
      name: 'share',
      endpoint: ({ relay }) => endpoint(relay.whip, wish.label, this.#low.mid),
      prepare: (peer) => this.#prepare(peer, media, wish.hint),
      sampled: () => {},
      lingers: false,
      giveUpAfter,
    });
    this.#link = link;
    this.#unfollow = effect(() => {
      const { value } = link.state;
      switch (value.phase) {
        case 'connected':
          this.#state.value = { phase: 'live', wish };
          return;
        case 'interrupted':
        case 'reconnecting':
          this.#state.value = { phase: 'reconnecting', wish };
          return;
        case 'closed':
          this.#finish({ phase: 'ended', problem: value.problem });
          return;
        default:
      }
    });
    link.open();
  }

  #prepare(peer: RTCPeerConnection, media: MediaStream, hint: Hint): void {
    for (const track of media.getTracks()) {
      const video = track.kind === 'video';
      const transceiver = peer.addTransceiver(track, {
        direction: 'sendonly',
        streams: [media],
        ...(video && { sendEncodings: [{ maxBitrate: bitrates[hint], maxFramerate: 30 }] }),
      });
      if (!video) continue;
      const codecs = this.#deps.capabilities('video')?.codecs ?? [];
      byPreference(transceiver, codecs, preferred);
      void keepSharp(transceiver.sender, this.#deps.log);
      this.#low.add(peer, track, hint, codecs);
    }
  }

  #finish(state: PublisherState): void {
    this.#unfollow();
    this.#unfollow = () => {};
    const media = this.#media.peek();
    const link = this.#link;
    this.#media.value = null;
    this.#link = null;
    this.#state.value = state;
    link?.close();
    this.#low.stop();
    if (media !== null) stopTracks(media);
  }
}

function captureOptions(): DisplayMediaStreamOptions {
  const options: DisplayMediaStreamOptions & Readonly<Record<string, unknown>> = {
    video: {
      frameRate: { ideal: 30, max: 30 },
      width: { max: 2560 },
      height: { max: 1440 },
    },
    audio: true,
    preferCurrentTab: false,
    selfBrowserSurface: 'exclude',
    surfaceSwitching: 'include',
    systemAudio: 'exclude',
  };
  return options;
}

function endpoint(whip: string, label: string, low: string | null): string {
  const url = new URL(whip);
  url.searchParams.set('label', label);
  if (low !== null) url.searchParams.set('low', low);
  return url.href;
}

function refusedByHand(cause: unknown): boolean {
  return cause instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(cause.name);
}

function stopTracks(media: MediaStream): void {
  for (const track of media.getTracks()) {
    track.onended = null;
    track.stop();
  }
}
