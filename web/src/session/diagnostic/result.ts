/** What the diagnostic tool says of one check. */
import type { Result as Verdict } from '../report.ts';
import type { Fields } from '../shape.ts';
import type { Way } from '../way.ts';
import type { Family } from './api.ts';

/** Every check there is, in the order in which they are shown. */
export const checkNames = [
  'browser',
  'secure',
  'webrtc',
  'codecs',
  'cookies',
  'storage',
  'api',
  'clock',
  'reach',
  'websocket',
  'poll',
  'media',
  'udp',
  'tcp',
  'turn',
  'turn-tcp',
  'turns',
  'ipv4',
  'ipv6',
  'nat',
  'mtu',
  'idle',
  'bandwidth',
  'quality',
  'decode',
  'text',
  'capture',
  'software',
] as const;
export type CheckName = (typeof checkNames)[number];

/** The ways by which media reaches a relay, as checks. */
export const wayChecks = ['udp', 'tcp', 'turn', 'turn-tcp', 'turns'] as const;
export type WayCheck = (typeof wayChecks)[number];

export type State = 'waiting' | 'running' | Verdict;

/** Values for the places of a sentence. */
export type Fill = Readonly<Record<string, string | number>>;

/** What was found: `found.FINDING` among the texts says it in a sentence. */
export interface Outcome {
  state: Verdict;
  finding: Finding;
  fill?: Fill;
  /** What was measured; goes into the report as it is. */
  facts?: Fields;
  /** The same for each relay or address that was tried. */
  parts?: readonly Part[];
}

export interface Part {
  /** The relay's region or address. */
  place: string;
  state: Verdict;
  finding: Finding;
  fill?: Fill;
}

export interface Result {
  check: CheckName;
  state: State;
  /** Null until there is an outcome. */
  finding: Finding | null;
  fill: Fill;
  facts: Fields;
  parts: readonly Part[];
  /** Milliseconds. */
  took: number;
}

export function waiting(check: CheckName): Result {
  return { check, state: 'waiting', finding: null, fill: {}, facts: {}, parts: [], took: 0 };
}

export function resultOf(check: CheckName, outcome: Outcome, took: number): Result {
  const { state, finding, fill = {}, facts = {}, parts = [] } = outcome;
  return { check, state, finding, fill, facts, parts, took: Math.round(took) };
}

/** The state of several that do the same for different places: one that works is enough to go on. */
export function together(parts: readonly Part[]): Verdict {
  const tried = parts.filter(({ state }) => state !== 'skipped');
  if (tried.length === 0) return 'skipped';
  if (tried.every(({ state }) => state === 'passed')) return 'passed';
  return tried.some(({ state }) => state !== 'failed') ? 'warning' : 'failed';
}

type OfBrowser =
  | 'browser.known'
  | 'browser.old'
  | 'browser.unknown'
  | 'secure.yes'
  | 'secure.no'
  | 'webrtc.yes'
  | 'webrtc.no'
  | 'webrtc.off'
  | 'codecs.all'
  | 'codecs.watch'
  | 'codecs.none'
  | 'cookies.yes'
  | 'cookies.no'
  | 'storage.yes'
  | 'storage.no';

type OfServers =
  | 'api.quick'
  | 'api.slow'
  | 'api.silent'
  | 'api.refused'
  | 'api.offline'
  | 'clock.right'
  | 'clock.off'
  | 'clock.wrong'
  | 'clock.servers'
  | 'reach.all'
  | 'reach.some'
  | 'reach.none'
  | 'reach.yes'
  | 'reach.silent'
  | 'reach.proxied';

type OfControl =
  'websocket.open' | 'websocket.some' | 'websocket.shut' | 'poll.open' | 'poll.some' | 'poll.shut';

type OfWays =
  | 'way.open'
  | 'way.all'
  | 'way.some'
  | 'way.none'
  | 'way.shut'
  | 'way.unreachable'
  | 'way.refused'
  | 'way.unnamed'
  | 'way.unoffered'
  | `media.${Way['kind']}`
  | 'media.some'
  | 'media.none';

type OfNetwork =
  | `${Family}.${'open' | 'web' | 'shut' | 'unoffered'}`
  | 'nat.steady'
  | 'nat.symmetric'
  | 'nat.one'
  | 'nat.none'
  | 'nat.unknown'
  | 'mtu.full'
  | 'mtu.tunnel'
  | 'mtu.small'
  | 'mtu.proxied'
  | 'mtu.unknown'
  | 'idle.kept'
  | 'idle.channel'
  | 'idle.picture'
  | 'idle.cut'
  | 'idle.media'
  | 'idle.control'
  | 'idle.none';

type OfPicture =
  | 'loop.none'
  | 'bandwidth.plenty'
  | 'bandwidth.tight'
  | 'bandwidth.slow'
  | 'bandwidth.unknown'
  | 'quality.good'
  | 'quality.fair'
  | 'quality.poor'
  | 'quality.unknown'
  | 'decode.right'
  | 'decode.wrong'
  | 'decode.nothing'
  | 'text.sharp'
  | 'text.soft'
  | 'text.blurred'
  | 'text.unknown';

type OfComputer =
  | 'capture.asked'
  | 'capture.good'
  | 'capture.slow'
  | 'capture.black'
  | 'capture.denied'
  | 'capture.forbidden'
  | 'capture.nothing'
  | 'capture.unable'
  | 'capture.failed'
  | 'software.offered'
  | 'software.none'
  | 'software.unknown';

/** Not tried: why. */
type OfNone = 'needs.server' | 'needs.webrtc' | 'needs.relay' | 'needs.way' | 'stopped' | 'fault';

export type Finding =
  OfBrowser | OfServers | OfControl | OfWays | OfNetwork | OfPicture | OfComputer | OfNone;
