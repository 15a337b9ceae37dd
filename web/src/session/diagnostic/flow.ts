/** What the browser counted while a picture went round. */
import { entries, type Entry } from '../stats.ts';

interface Sample {
  /** Milliseconds. */
  at: number;
  /** Bytes so far. */
  sent: number;
  received: number;
}

/** Kilobits a second. */
export interface Flow {
  up: number;
  down: number;
}

/** The best two seconds count: an encoder takes some to find out what the line carries. */
const span = 2000;

export function flowOf(samples: readonly Sample[]): Flow | null {
  const rates = samples.flatMap((from) => {
    const to = samples.find(({ at }) => at - from.at >= span);
    if (to === undefined) return [];
    const rate = (bytes: number) => Math.round((bytes * 8) / (to.at - from.at));
    return [{ up: rate(to.sent - from.sent), down: rate(to.received - from.received) }];
  });
  if (rates.length === 0) return null;
  return {
    up: Math.max(...rates.map(({ up }) => up)),
    down: Math.max(...rates.map(({ down }) => down)),
  };
}

/** How the line is. */
export interface Line {
  /** Per cent lost on the way out and in; null where nobody counted. */
  lossUp: number | null;
  lossDown: number | null;
  /** Milliseconds there and back, and by how much pictures come early or late. */
  rtt: number | null;
  jitter: number | null;
}

export function lineOf(out: RTCStatsReport, inn: RTCStatsReport): Line | null {
  const outbound = find(out, 'outbound-rtp');
  const remote = find(out, 'remote-inbound-rtp');
  const inbound = find(inn, 'inbound-rtp');
  if (inbound === undefined) return null;
  const lost = Math.max(0, number(inbound, 'packetsLost') ?? 0);
  const received = number(inbound, 'packetsReceived') ?? 0;
  const sent = number(outbound, 'packetsSent') ?? 0;
  const lostUp = number(remote, 'packetsLost');
  const seconds = number(pairOf(inn), 'currentRoundTripTime') ?? number(remote, 'roundTripTime');
  const jitter = number(inbound, 'jitter');
  return {
    lossUp: lostUp === null ? null : percent(Math.max(0, lostUp), sent),
    lossDown: received + lost === 0 ? null : percent(lost, received + lost),
    rtt: seconds === null ? null : Math.round(seconds * 1000),
    jitter: jitter === null ? null : Math.round(jitter * 1000),
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((1000 * part) / whole) / 10;
}

function find(stats: RTCStatsReport, type: string): Entry | undefined {
  return entries(stats).find((entry) => entry['type'] === type && entry['kind'] === 'video');
}

function pairOf(stats: RTCStatsReport): Entry | undefined {
  const all = entries(stats);
  const transport = all.find((entry) => entry['type'] === 'transport');
  return (
    all.find((entry) => entry['id'] === transport?.['selectedCandidatePairId']) ??
    all.find((entry) => entry['type'] === 'candidate-pair' && entry['selected'] === true)
  );
}

function number(entry: Entry | undefined, key: string): number | null {
  const value = entry?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
