/** The relays' web side, and what they see of who asks: its clock, address and packet size. */
import { Problem, problemOf } from '../../problem.ts';
import { fetchWithin } from '../../request.ts';
import { count, fields, flag, named, optionalText } from '../../shape.ts';
import type { TestRelay } from '../api.ts';
import type { Bench } from '../bench.ts';
import { together, type Outcome, type Part } from '../result.ts';
import { placeOf } from './place.ts';

export interface Measured {
  serverTime: string;
  /** The middle of the request by this computer's clock. */
  askedAt: number;
  /** Milliseconds, on a connection that was open already. */
  took: number;
  family: string;
  /** Largest segment of the TCP connection; 0 when the relay cannot tell. */
  mss: number;
  /** Somebody stands between: family and mss are about the way from there. */
  proxied: boolean;
}

const patience = 6000;

/** Asks every relay twice: the first answer pays for the connection. */
export async function reach(bench: Bench, signal: AbortSignal): Promise<Outcome> {
  const { relays } = await bench.session();
  if (relays.length === 0) return { state: 'skipped', finding: 'needs.relay' };
  const facts: object[] = [];
  const parts = await Promise.all(
    relays.map(async (relay): Promise<Part> => {
      const place = placeOf(relay);
      const begun = bench.deps.timers.now();
      try {
        const first = await measure(bench, relay);
        const measured = signal.aborted ? first : await measure(bench, relay);
        bench.measured.set(relay.id, measured);
        const { took, family, mss, proxied } = measured;
        facts.push({
          relay: relay.id,
          first: first.took,
          milliseconds: took,
          family,
          mss,
          proxied,
        });
        const finding = proxied ? 'reach.proxied' : 'reach.yes';
        return { place, state: 'passed', finding, fill: { took } };
      } catch (cause) {
        bench.measured.delete(relay.id);
        if (cause instanceof Problem) {
          // It answers, and just does not measure: an older one.
          const took = Math.round(bench.deps.timers.now() - begun);
          facts.push({ relay: relay.id, first: took, code: cause.code });
          return { place, state: 'passed', finding: 'reach.yes', fill: { took } };
        }
        facts.push({ relay: relay.id, milliseconds: null });
        return { place, state: 'failed', finding: 'reach.silent' };
      }
    }),
  );
  const state = together(parts);
  const finding =
    state === 'passed' ? 'reach.all' : state === 'failed' ? 'reach.none' : 'reach.some';
  const times = parts.flatMap(({ fill }) =>
    typeof fill?.['took'] === 'number' ? [fill['took']] : [],
  );
  const took = times.length === 0 ? 0 : Math.min(...times);
  return { state, finding, fill: { took }, facts: { relays: facts }, parts };
}

async function measure({ deps }: Bench, { relay }: TestRelay): Promise<Measured> {
  const [wall, begun] = [deps.now(), deps.timers.now()];
  const url = new URL('measure', relay.whep).href;
  const init: RequestInit = { method: 'GET', mode: 'cors', credentials: 'omit', cache: 'no-store' };
  return fetchWithin(deps, patience, url, init, async (response) => {
    if (!response.ok) throw await problemOf(response);
    const body = fields(await response.json(), 'measure');
    const took = deps.timers.now() - begun;
    return {
      serverTime: named(body, 'serverTime'),
      askedAt: wall + took / 2,
      took: Math.round(took),
      family: optionalText(body, 'family'),
      mss: count(body, 'mss'),
      proxied: flag(body, 'proxied'),
    };
  });
}

/** Differences that nobody notices, and those that break certificates and tokens. */
const noticed = 30;
const broken = 300;

/** This computer's clock against the servers', and theirs against each other. */
export async function clock(bench: Bench): Promise<Outcome> {
  const session = await bench.session();
  const portal = aheadOf(session);
  const relays = [...bench.measured].map(([relay, measured]) => ({
    relay,
    seconds: aheadOf(measured),
  }));
  const apart = Math.max(0, ...relays.map(({ seconds }) => Math.abs(seconds - portal)));
  const seconds = Math.round(Math.abs(portal));
  const facts = {
    aheadSeconds: rounded(portal),
    uncertainSeconds: rounded(session.took / 2000),
    relays: relays.map((one) => ({ relay: one.relay, aheadSeconds: rounded(one.seconds) })),
  };
  if (seconds >= broken) {
    const minutes = Math.round(seconds / 60);
    return { state: 'failed', finding: 'clock.wrong', fill: { minutes }, facts };
  }
  if (apart >= noticed) {
    const fill = { seconds: Math.round(apart) };
    return { state: 'warning', finding: 'clock.servers', fill, facts };
  }
  if (seconds >= noticed)
    return { state: 'warning', finding: 'clock.off', fill: { seconds }, facts };
  const within = Math.max(1, Math.ceil(Math.abs(portal) + session.took / 2000));
  return { state: 'passed', finding: 'clock.right', fill: { seconds: within }, facts };
}

/** Seconds by which this computer's clock is ahead of the server's. */
function aheadOf({ serverTime, askedAt }: { serverTime: string; askedAt: number }): number {
  const there = Date.parse(serverTime);
  return Number.isNaN(there) ? 0 : (askedAt - there) / 1000;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}

/** IP and TCP headers with the time stamps that everybody uses. */
const headers: Readonly<Record<string, number>> = { ipv4: 52, ipv6: 72 };
/** Below this there is something that wraps packets; an access by telephone line or fibre may take a few bytes. */
const wrapped = 1440;
/** What IPv6 promises, and what media packets with their envelopes may take. */
const needed = 1280;

/** A hint only: the TCP connection's segments, as the relay sees them. */
export function mtu(bench: Bench): Outcome {
  const all = [...bench.measured.values()];
  const direct = all.filter(({ mss, proxied }) => mss > 0 && !proxied);
  const facts = { segments: all.map(({ mss, family, proxied }) => ({ mss, family, proxied })) };
  if (direct.length === 0) {
    const finding = all.some(({ proxied }) => proxied) ? 'mtu.proxied' : 'mtu.unknown';
    return { state: 'skipped', finding, facts };
  }
  const sizes = direct.map(({ mss, family }) => mss + (headers[family] ?? 52));
  const fill = { mtu: Math.min(...sizes) };
  if (fill.mtu < needed) return { state: 'warning', finding: 'mtu.small', fill, facts };
  return { state: 'passed', finding: fill.mtu < wrapped ? 'mtu.tunnel' : 'mtu.full', fill, facts };
}
