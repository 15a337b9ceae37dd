/** Whether a connection on which nothing moves is still there after a while. */
import type { Carrier } from '../../carrier.ts';
import type { Cancel } from '../../timers.ts';
import { closed, type FromRelay } from '../../wire.ts';
import type { Bench } from '../bench.ts';
import { dial, type Call } from '../dial.ts';
import type { Outcome } from '../result.ts';
import { carrierOf } from './control.ts';
import { wayPatience } from './ways.ts';

export const idleSeconds = 30;

/** Who receives this format alone gets nothing of a picture in another one. */
export const quietCodec = 'video/vp8';

/**
 * Keeps a picture connection without a picture, and a control channel, side by side. Nothing moves on them but what keeps
 * them alive: the browser's checks every few seconds, the relay's word each second.
 */
export async function idle(bench: Bench, socket: boolean, signal: AbortSignal): Promise<Outcome> {
  const [relay] = (await bench.session()).relays;
  if (relay === undefined) return { state: 'skipped', finding: 'needs.relay' };
  const { deps } = bench;
  const { iceServers } = relay;
  const milliseconds = wayPatience;
  const prepare = (peer: RTCPeerConnection): void => listen(peer, bench);
  const wish = { relay, iceServers, relayed: false, keep: () => true, milliseconds, prepare };
  const token = await bench.token(relay);
  const call = await dial(deps, { ...wish, token }, signal).catch(() => null);
  const channel = new Channel();
  if (socket) {
    const hello = await bench.token(relay);
    channel.carrier = carrierOf(deps, 'websocket', relay, hello, channel);
  }
  if (call === null && !socket) return { state: 'failed', finding: 'idle.none' };
  try {
    return await watch(bench, call, socket ? channel : null, signal);
  } finally {
    call?.end();
    channel.carrier?.close();
  }
}

function listen(peer: RTCPeerConnection, { deps }: Bench): void {
  const transceiver = peer.addTransceiver('video', { direction: 'recvonly' });
  const known = deps.browser.RTCRtpReceiver?.getCapabilities('video')?.codecs ?? [];
  const quiet = known.filter(({ mimeType }) => mimeType.toLowerCase() === quietCodec);
  if (quiet.length > 0) transceiver.setCodecPreferences?.(quiet);
}

/** Answers the relay's sign of life, and notes when the control channel ends. */
class Channel {
  carrier: Carrier | null = null;
  ended: () => void = () => {};

  heard(read: () => FromRelay | null): void {
    try {
      if (read()?.type === 'room.heartbeat') this.carrier?.send({ type: 'room.heartbeat' });
    } catch {
      // What it says does not matter, only that it is there.
    }
  }

  closed(code: number): void {
    // The same guest's other page has taken its place.
    if (code !== closed.replaced) this.ended();
  }
}

function watch(
  { deps: { timers } }: Bench,
  call: Call | null,
  channel: Channel | null,
  signal: AbortSignal,
): Promise<Outcome> {
  const begun = timers.now();
  const after = (): number => Math.round((timers.now() - begun) / 1000);
  let mediaCut: number | null = null;
  let controlCut: number | null = null;
  return new Promise((done) => {
    let cancel: Cancel = () => {};
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', settle);
      const fill = { seconds: mediaCut ?? controlCut ?? after() };
      const facts = { seconds: after(), mediaCut, controlCut, way: call?.way?.kind ?? '' };
      const both =
        (mediaCut !== null || call === null) && (controlCut !== null || channel === null);
      const finding = both ? 'idle.cut' : mediaCut !== null ? 'idle.media' : 'idle.control';
      if (mediaCut !== null || controlCut !== null) {
        done({ state: 'warning', finding, fill, facts });
        return;
      }
      const kept = call === null ? 'idle.channel' : channel === null ? 'idle.picture' : 'idle.kept';
      done({ state: 'passed', finding: kept, fill, facts });
    };
    if (call !== null) {
      const { peer } = call;
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === 'failed') mediaCut ??= after();
      };
    }
    if (channel !== null) channel.ended = () => (controlCut ??= after());
    cancel = timers.after(idleSeconds * 1000, settle);
    signal.addEventListener('abort', settle);
  });
}
