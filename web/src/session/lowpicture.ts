import type { Log } from './log.ts';
import { asProblem } from './problem.ts';
import { byPreference, keepSharp, type Hint } from './sender.ts';

/** Viewers on 300 kbit/s see it: text stays as sharp, with fewer frames. */
const encodings: Readonly<Record<Hint, RTCRtpEncodingParameters>> = {
  text: { maxBitrate: 200_000, maxFramerate: 10 },
  motion: { maxBitrate: 200_000, maxFramerate: 15, scaleResolutionDownBy: 2 },
};
/** AV1 first: another page of text takes a third of what it takes in VP9, and comes in steps. */
const codecs = ['video/av1', 'video/vp9', 'video/vp8', 'video/h264'];

/**
 * The shared picture once more, at a rate that narrow ways carry. It is sent only while the relay
 * says that somebody needs it: it costs the presenter a second encoder.
 */
export class LowPicture {
  readonly #log: Log;
  #track: MediaStreamTrack | null = null;
  #carrier: RTCRtpTransceiver | null = null;
  #active = false;
  /** Changes of the carrier go one after the other: Chromium refuses one while another is being made. */
  #changes: Promise<void> = Promise.resolve();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The section that carries it, once there is an offer. */
  get mid(): string | null {
    return this.#carrier?.mid ?? null;
  }

  add(
    peer: RTCPeerConnection,
    full: MediaStreamTrack,
    hint: Hint,
    known: readonly RTCRtpCodec[],
  ): void {
    // A track of its own: a browser gives all senders of one track the frame rate of the slowest.
    const track = (this.#track ??= full.clone());
    track.contentHint = hint;
    this.#carrier = peer.addTransceiver(track, {
      direction: 'sendonly',
      sendEncodings: [{ ...encodings[hint], active: this.#active }],
    });
    byPreference(this.#carrier, known, codecs);
    this.#changes = keepSharp(this.#carrier.sender, this.#log);
  }

  send(wanted: boolean): void {
    if (wanted === this.#active) return;
    this.#active = wanted;
    this.#changes = this.#changes.then(() => this.#change());
  }

  /** The share has ended. */
  stop(): void {
    this.#track?.stop();
    this.#track = null;
    this.#carrier = null;
  }

  async #change(): Promise<void> {
    const sender = this.#carrier?.sender;
    if (!sender) return;
    const wanted = this.#active;
    try {
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) encoding.active = wanted;
      await sender.setParameters(parameters);
    } catch (cause) {
      this.#log('warn', 'share: the low picture did not change', {
        wanted,
        code: asProblem(cause).code,
      });
    }
  }
}
