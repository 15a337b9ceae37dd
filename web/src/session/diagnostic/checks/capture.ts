/** Sharing this screen, as far as it can be tried without sending anything anywhere. */
import { entries, type Entry } from '../../stats.ts';
import type { FullDeps, Reader } from '../deps.ts';
import { pause, videoOf, word } from '../loop.ts';
import { isBlack } from '../pattern.ts';
import type { Outcome } from '../result.ts';

export const captureAsked: Outcome = { state: 'skipped', finding: 'capture.asked' };

export function canCapture({ browser }: FullDeps): boolean {
  return (
    browser.isSecureContext && typeof browser.navigator.mediaDevices?.getDisplayMedia === 'function'
  );
}

const firstPatience = 5000;
const lookFor = 3000;
const lookEvery = 50;
/** A first picture that comes later is waited for. */
const slow = 2000;
const view = { width: 320, height: 180 } as const;

/** As the tool asks. */
const options: DisplayMediaStreamOptions & Readonly<Record<string, unknown>> = {
  video: { frameRate: { ideal: 30, max: 30 } },
  selfBrowserSurface: 'exclude',
};

/** Must be called from a click: the browser then asks what to share. */
export async function capture(deps: FullDeps, signal: AbortSignal): Promise<Outcome> {
  if (!canCapture(deps)) return { state: 'skipped', finding: 'capture.unable' };
  let media: MediaStream;
  try {
    media = await deps.capture(options);
  } catch (cause) {
    return refusal(cause);
  }
  const [track] = media.getVideoTracks();
  try {
    if (track === undefined || signal.aborted)
      return { state: 'failed', finding: 'capture.nothing' };
    return await examine(deps, track, signal);
  } finally {
    for (const each of media.getTracks()) each.stop();
  }
}

function refusal(cause: unknown): Outcome {
  const { name, message } = cause instanceof Error ? cause : { name: '', message: '' };
  const facts = { error: name };
  // Chromium says so when macOS or a policy refuses, not the person.
  if (name === 'NotReadableError' || /system|policy/i.test(message)) {
    return { state: 'failed', finding: 'capture.forbidden', facts };
  }
  if (name === 'NotAllowedError' || name === 'AbortError') {
    return { state: 'skipped', finding: 'capture.denied', facts };
  }
  return { state: 'failed', finding: 'capture.failed', fill: { code: name }, facts };
}

async function examine(
  deps: FullDeps,
  track: MediaStreamTrack,
  signal: AbortSignal,
): Promise<Outcome> {
  const { timers } = deps;
  const begun = timers.now();
  const reader = deps.reader(track, view.width, view.height);
  const encoder = encoderOf(deps, track, signal);
  try {
    while (reader.read() === null && !signal.aborted) {
      if (timers.now() - begun > firstPatience) break;
      await pause(deps, lookEvery);
    }
    const first = Math.round(timers.now() - begun);
    const { displaySurface = '', width = 0, height = 0 } = track.getSettings();
    const facts = { surface: displaySurface, width, height, firstMilliseconds: first };
    if (reader.read() === null) return { state: 'failed', finding: 'capture.nothing', facts };
    const { fps, black } = await look(deps, reader, signal);
    const all = { ...facts, fps, black, encoder: await encoder };
    if (black) return { state: 'failed', finding: 'capture.black', facts: all };
    const fill = { first, fps };
    return first > slow
      ? { state: 'warning', finding: 'capture.slow', fill, facts: all }
      : { state: 'passed', finding: 'capture.good', fill, facts: all };
  } finally {
    reader.close();
  }
}

/** A screen on which nothing moves gives few pictures: the rate is told, and not judged. */
async function look(
  deps: FullDeps,
  reader: Reader,
  signal: AbortSignal,
): Promise<{ fps: number; black: boolean }> {
  const { timers } = deps;
  const [begun, before] = [timers.now(), reader.frames()];
  let black = true;
  while (timers.now() - begun < lookFor && !signal.aborted) {
    const picture = reader.read();
    if (picture !== null && !isBlack(picture)) black = false;
    await pause(deps, 4 * lookEvery);
  }
  const seconds = (timers.now() - begun) / 1000;
  return { fps: Math.round((reader.frames() - before) / seconds), black };
}

/** Which encoder takes such a picture: between two connections of this page, so that it leaves the computer for nobody. */
async function encoderOf(
  deps: FullDeps,
  track: MediaStreamTrack,
  signal: AbortSignal,
): Promise<string> {
  const ends: RTCPeerConnection[] = [];
  try {
    const [from, to] = [deps.peer({}), deps.peer({})];
    ends.push(from, to);
    from.onicecandidate = ({ candidate }) => void to.addIceCandidate(candidate ?? undefined);
    to.onicecandidate = ({ candidate }) => void from.addIceCandidate(candidate ?? undefined);
    from.addTransceiver(track, { direction: 'sendonly' });
    await from.setLocalDescription(await from.createOffer());
    await to.setRemoteDescription(from.localDescription ?? { type: 'offer', sdp: '' });
    await to.setLocalDescription(await to.createAnswer());
    await from.setRemoteDescription(to.localDescription ?? { type: 'answer', sdp: '' });
    for (let left = 8; left > 0 && !signal.aborted; left--) {
      await pause(deps, lookFor / 8);
      const sent: Entry | undefined = entries(await from.getStats()).find(videoOf('outbound-rtp'));
      const name = word(sent, 'encoderImplementation');
      if (name !== '' && name !== 'unknown') return name;
    }
    return '';
  } catch {
    return ''; // the measurement is about something else
  } finally {
    for (const end of ends) end.close();
  }
}
