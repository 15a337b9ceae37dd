/** A drawn picture, sent to a relay and watched from there: what becomes of it on the way. */
import { byPreference, keepSharp } from '../sender.ts';
import { entries, type Entry } from '../stats.ts';
import type { Cancel } from '../timers.ts';
import type { TestRelay } from './api.ts';
import type { Bench } from './bench.ts';
import type { Easel, FullDeps, Picture, Reader } from './deps.ts';
import { dial, type Call } from './dial.ts';
import {
  drawMotion,
  drawNoise,
  drawPage,
  largestCode,
  likeness,
  readCode,
  size,
  type Likeness,
} from './pattern.ts';
import { flowOf, lineOf, type Flow, type Line } from './flow.ts';

export interface Loop {
  way: string;
  /** Milliseconds from the connection to the first picture, and to the right one. */
  first: number | null;
  right: number | null;
  likeness: Likeness | null;
  flow: Flow | null;
  line: Line | null;
  /** What the browser says of its codecs. */
  codec: string;
  encoder: string;
  decoder: string;
  /** Why it sends less than it might: `none`, `cpu`, `bandwidth`. */
  limited: string;
}

const bitrate = 5_000_000;
const paintEvery = 66;
const readEvery = 100;
const decodePatience = 8000;
const sharpenPatience = 5000;
/** Text that is as good as this gets no better to the eye. */
const sharpEnough = 42;
/** So long at least the quiet line is watched. */
const calmFor = 3000;
const fillFor = 6000;
const sampleEvery = 500;
const dialPatience = 10_000;
/** Not the idle check's: what is sent here must not reach it. */
const codecs = ['video/vp9', 'video/h264', 'video/av1', 'video/vp8'];

/** Null when no picture could be sent or watched. */
export async function loop(
  bench: Bench,
  deps: FullDeps,
  signal: AbortSignal,
): Promise<Loop | null> {
  const [relay] = (await bench.session()).relays;
  if (relay === undefined) return null;
  const easel = deps.easel(size.width, size.height);
  const brush = new Brush(deps, easel);
  const ends: (() => void)[] = [() => brush.stop(), () => easel.close()];
  try {
    const sent = await publish(bench, relay, easel, signal);
    ends.push(sent.end);
    const { call, reader } = await view(bench, deps, relay, signal);
    ends.push(call.end, () => reader.close());
    return await examine({ deps, brush, sent, seen: call, reader, signal });
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'Unreached') return null;
    throw cause;
  } finally {
    for (const end of ends.toReversed()) end();
  }
}

async function publish(
  bench: Bench,
  relay: TestRelay,
  { track }: Easel,
  signal: AbortSignal,
): Promise<Call> {
  const prepare = (peer: RTCPeerConnection): void => {
    track.contentHint = 'text';
    const transceiver = peer.addTransceiver(track, {
      direction: 'sendonly',
      sendEncodings: [{ maxBitrate: bitrate, maxFramerate: 15 }],
    });
    const known = bench.deps.browser.RTCRtpSender?.getCapabilities('video')?.codecs ?? [];
    byPreference(transceiver, known, codecs);
    // As when one shares. Firefox would begin with a picture of half the size, and the text be lost.
    void keepSharp(transceiver.sender, () => {});
  };
  const token = await bench.token(relay);
  return dial(bench.deps, { ...all(relay), token, share: true, prepare }, signal);
}

async function view(
  bench: Bench,
  deps: FullDeps,
  relay: TestRelay,
  signal: AbortSignal,
): Promise<{ call: Call; reader: Reader }> {
  let reader: Reader | null = null;
  const prepare = (peer: RTCPeerConnection): void => {
    peer.ontrack = ({ track, receiver }) => {
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      reader ??= deps.reader(track, size.width, size.height);
    };
    peer.addTransceiver('video', { direction: 'recvonly' });
  };
  const token = await bench.token(relay);
  const call = await dial(bench.deps, { ...all(relay), token, prepare }, signal);
  const silent: Reader = { read: () => null, frames: () => 0, close: () => {} };
  return { call, reader: reader ?? silent };
}

const all = (relay: TestRelay) => ({
  relay,
  iceServers: relay.iceServers,
  relayed: false,
  keep: () => true,
  milliseconds: dialPatience,
});

interface Scene {
  deps: FullDeps;
  brush: Brush;
  sent: Call;
  seen: Call;
  reader: Reader;
  signal: AbortSignal;
}

async function examine(scene: Scene): Promise<Loop> {
  const { brush, sent, seen } = scene;
  const { first, right } = await untilRight(scene);
  const like = right === null ? null : await untilSharp(scene);
  // Before the line is filled: its own queue would make it look worse than it is.
  const line = lineOf(await sent.peer.getStats(), await seen.peer.getStats());
  brush.noise = true;
  const samples = await fill(scene);
  const [out, inn] = [await sent.peer.getStats(), await seen.peer.getStats()];
  const outbound = entries(out).find(videoOf('outbound-rtp'));
  const inbound = entries(inn).find(videoOf('inbound-rtp'));
  return {
    way: seen.way?.kind ?? '',
    first,
    right,
    likeness: like,
    flow: flowOf(samples),
    line,
    codec: codecOf(inn, inbound),
    encoder: word(outbound, 'encoderImplementation'),
    decoder: word(inbound, 'decoderImplementation'),
    limited: word(outbound, 'qualityLimitationReason'),
  };
}

async function untilRight({
  deps,
  brush,
  reader,
  signal,
}: Scene): Promise<Pick<Loop, 'first' | 'right'>> {
  const begun = deps.timers.now();
  let first: number | null = null;
  while (!signal.aborted && deps.timers.now() - begun < decodePatience) {
    const picture = reader.read();
    const now = Math.round(deps.timers.now() - begun);
    if (picture !== null) first ??= now;
    if (picture !== null && readCode(picture) === brush.code) return { first, right: now };
    await pause(deps, readEvery);
  }
  return { first, right: null };
}

/** An encoder sends a rough picture first and improves it. */
async function untilSharp({ deps, brush, reader, signal }: Scene): Promise<Likeness | null> {
  const begun = deps.timers.now();
  const drawn = brush.page;
  let best = null as Likeness | null;
  for (let age = 0; !signal.aborted && age < sharpenPatience; age = deps.timers.now() - begun) {
    const done: boolean = (best?.psnr ?? 0) >= sharpEnough;
    if (done && age >= calmFor) break;
    const picture: Picture | null = done ? null : reader.read();
    const found: Likeness | null = picture && likeness(drawn, picture);
    if (found !== null && (best === null || found.psnr > best.psnr)) best = found;
    await pause(deps, 3 * readEvery);
  }
  return best;
}

/** Bytes that left here and came back, as time goes on. */
async function fill({ deps, sent, seen, signal }: Scene): Promise<Parameters<typeof flowOf>[0]> {
  const samples = [];
  const begun = deps.timers.now();
  while (!signal.aborted && deps.timers.now() - begun < fillFor) {
    const [out, inn] = [await sent.peer.getStats(), await seen.peer.getStats()];
    samples.push({
      at: deps.timers.now(),
      sent: number(entries(out).find(videoOf('outbound-rtp')), 'bytesSent'),
      received: number(entries(inn).find(videoOf('inbound-rtp')), 'bytesReceived'),
    });
    await pause(deps, sampleEvery);
  }
  return samples;
}

/** Paints the easel again and again. */
class Brush {
  readonly code: number;
  /** The page as drawn, without what moves. */
  readonly page: Picture;
  noise = false;
  readonly #deps: FullDeps;
  readonly #easel: Easel;
  #step = 0;
  #cancel: Cancel = () => {};

  constructor(deps: FullDeps, easel: Easel) {
    this.#deps = deps;
    this.#easel = easel;
    this.code = Math.floor(deps.random() * largestCode);
    drawPage(easel.context, this.code);
    this.page = easel.context.getImageData(0, 0, size.width, size.height);
    this.#paint();
  }

  stop(): void {
    this.#cancel();
  }

  #paint(): void {
    const { context } = this.#easel;
    if (this.noise) drawNoise(context, this.#deps.random);
    else drawMotion(context, this.#step++);
    this.#cancel = this.#deps.timers.after(paintEvery, () => this.#paint());
  }
}

export const videoOf =
  (type: string) =>
  (entry: Entry): boolean =>
    entry['type'] === type && entry['kind'] === 'video';

function codecOf(stats: RTCStatsReport, inbound: Entry | undefined): string {
  const codec = entries(stats).find((entry) => entry['id'] === inbound?.['codecId']);
  return word(codec, 'mimeType').replace(/^video\//, '');
}

export function word(entry: Entry | undefined, key: string): string {
  const value = entry?.[key];
  return typeof value === 'string' ? value : '';
}

function number(entry: Entry | undefined, key: string): number {
  const value = entry?.[key];
  return typeof value === 'number' ? value : 0;
}

export function pause({ timers }: FullDeps, milliseconds: number): Promise<void> {
  return new Promise((done) => void timers.after(milliseconds, done));
}
