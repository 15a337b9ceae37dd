/** Each way by which media can reach a relay, tried alone. */
import type { TestRelay } from '../api.ts';
import type { Bench } from '../bench.ts';
import { dial, Unreached, type Candidate } from '../dial.ts';
import {
  together,
  type Fill,
  type Finding,
  type Outcome,
  type Part,
  type WayCheck,
} from '../result.ts';
import { placeOf } from './place.ts';

export const wayPatience = 8000;

/** One attempt: a relay, and the TURN server's address where it goes through one. */
interface Target {
  relay: TestRelay;
  place: string;
  iceServers: RTCIceServer[];
}

interface Tried {
  part: Part;
  fact: object;
}

/** Tries one way to every relay; where several ports lead to a TURN server, each of them. */
export async function way(bench: Bench, check: WayCheck, signal: AbortSignal): Promise<Outcome> {
  const { relays } = await bench.session();
  if (relays.length === 0) return { state: 'skipped', finding: 'needs.relay' };
  const targets = relays.flatMap((relay) => targetsOf(relay, check));
  const offers = new Set(targets.map(({ relay }) => relay.id));
  const tried = await Promise.all(targets.map((target) => attempt(bench, check, target, signal)));
  const none = relays.filter(({ id }) => !offers.has(id)).map(unoffered);
  const parts = [...tried.map(({ part }) => part), ...none];
  const state = together(parts);
  const facts = { attempts: tried.map(({ fact }) => fact) };
  return { state, finding: findingOf(state, parts), fill: fastest(parts), facts, parts };
}

function findingOf(state: Outcome['state'], parts: readonly Part[]): Finding {
  if (state === 'passed') return parts.length === 1 ? 'way.open' : 'way.all';
  if (state === 'warning') return 'way.some';
  return state === 'skipped' ? 'way.unoffered' : 'way.none';
}

function fastest(parts: readonly Part[]): Fill {
  const times = parts.flatMap(({ fill }) =>
    typeof fill?.['took'] === 'number' ? [fill['took']] : [],
  );
  return times.length === 0 ? {} : { took: Math.min(...times) };
}

function unoffered(relay: TestRelay): Part {
  return { place: placeOf(relay), state: 'skipped', finding: 'way.unoffered' };
}

function targetsOf(relay: TestRelay, check: WayCheck): Target[] {
  if (check === 'udp' || check === 'tcp') {
    return [{ relay, place: placeOf(relay), iceServers: [] }];
  }
  return turnServers(relay)
    .filter(({ way: leg }) => leg === check)
    .map(({ url, server }) => ({
      relay,
      place: `${placeOf(relay)} · ${addressOf(url)}`,
      iceServers: [{ ...server, urls: url }],
    }));
}

/** Every address of the relay's TURN server, and the way that leads there. */
export function turnServers(
  relay: TestRelay,
): { url: string; way: WayCheck; server: RTCIceServer }[] {
  return relay.iceServers.flatMap((server) =>
    [server.urls].flat().flatMap((url) => {
      const leg = legOf(url);
      return leg === null ? [] : [{ url, way: leg, server }];
    }),
  );
}

function legOf(url: string): WayCheck | null {
  if (url.startsWith('turns:')) return 'turns';
  if (!url.startsWith('turn:')) return null;
  return /[?&]transport=tcp/.test(url) ? 'turn-tcp' : 'turn';
}

/** "turns:relay.example:443?transport=tcp" is relay.example:443. */
export function addressOf(url: string): string {
  return url.replace(/^\w+:/, '').replace(/\?.*$/, '');
}

function wanted(check: WayCheck): (candidate: Candidate) => boolean {
  if (check === 'udp' || check === 'tcp') return ({ protocol }) => protocol === check;
  return () => true;
}

async function attempt(
  bench: Bench,
  check: WayCheck,
  { relay, place, iceServers }: Target,
  signal: AbortSignal,
): Promise<Tried> {
  const server = iceServers[0]?.urls ?? '';
  const token = await bench.token(relay);
  const wish = {
    relay,
    token,
    iceServers,
    relayed: iceServers.length > 0,
    keep: wanted(check),
    milliseconds: wayPatience,
    heard: (offered: readonly Candidate[]) => void bench.offered.set(relay.id, offered),
  };
  try {
    const call = await dial(bench.deps, wish, signal);
    call.end();
    const { took } = call;
    return {
      part: { place, state: 'passed', finding: 'way.open', fill: { took } },
      fact: { relay: relay.id, server, milliseconds: took, way: call.way?.kind ?? '' },
    };
  } catch (cause) {
    if (!(cause instanceof Unreached)) throw cause;
    const { stage, problem, faults } = cause;
    const code = problem?.code ?? '';
    return {
      part: { place, ...refusal(cause) },
      fact: { relay: relay.id, server, milliseconds: null, stage, code, faults },
    };
  }
}

function refusal({ stage, problem, faults }: Unreached): Omit<Part, 'place'> {
  if (stage === 'none') return { state: 'skipped', finding: 'way.unoffered' };
  // Chromium's words; RFC 8445 has no code for a name that is not found.
  if (faults.some(({ text }) => /host lookup/i.test(text))) {
    return { state: 'failed', finding: 'way.unnamed' };
  }
  if (stage !== 'offer') {
    return { state: 'failed', finding: 'way.shut', fill: { seconds: wayPatience / 1000 } };
  }
  const code = problem?.code ?? '';
  // Without the offer nothing is known of the way itself.
  return code === 'network' || code === 'timeout'
    ? { state: 'failed', finding: 'way.unreachable' }
    : { state: 'failed', finding: 'way.refused', fill: { code } };
}
