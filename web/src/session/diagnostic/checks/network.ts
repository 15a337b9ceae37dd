/** What lies between here and the relays: address families, and routers that translate addresses. */
import type { Family } from '../api.ts';
import type { Bench } from '../bench.ts';
import type { DiagnosticDeps } from '../deps.ts';
import { dial, type Candidate } from '../dial.ts';
import type { Outcome } from '../result.ts';
import { addressOf, turnServers, wayPatience } from './ways.ts';

const isFamily =
  (family: Family) =>
  ({ address }: Pick<Candidate, 'address'>): boolean =>
    address.includes(':') === (family === 'ipv6');

/** A direct connection to the first relay that offers the family, or web traffic that came by it. */
export async function addressFamily(
  bench: Bench,
  family: Family,
  signal: AbortSignal,
): Promise<Outcome> {
  const { relays, client } = await bench.session();
  let offered = false;
  for (const relay of relays) {
    const token = await bench.token(relay);
    const keep = (candidate: Candidate): boolean => {
      const fits = isFamily(family)(candidate);
      offered ||= fits;
      return fits;
    };
    try {
      const milliseconds = wayPatience / 2;
      const wish = { relay, token, iceServers: [], relayed: false, keep, milliseconds };
      const call = await dial(bench.deps, wish, signal);
      call.end();
      const facts = { relay: relay.id, milliseconds: call.took };
      return { state: 'passed', finding: `${family}.open`, facts };
    } catch {
      if (signal.aborted) break;
    }
    if (offered) break;
  }
  const seen = [client.family, ...[...bench.measured.values()].map((measured) => measured.family)];
  if (seen.includes(family)) return { state: 'passed', finding: `${family}.web` };
  // That there is one of the two is enough: the other is not missed.
  return { state: 'skipped', finding: offered ? `${family}.shut` : `${family}.unoffered` };
}

const gatherPatience = 5000;

/**
 * Asks the relays' TURN servers, which answer STUN too, from one socket: how many outside addresses it has. Whom a router
 * lets in (its filtering) is not visible to a page.
 */
export async function nat(bench: Bench, udpOpen: boolean): Promise<Outcome> {
  const { relays } = await bench.session();
  const servers = relays
    .flatMap(turnServers)
    .filter(({ way }) => way === 'turn')
    .map(({ url }) => `stun:${addressOf(url)}`);
  const few = [...new Set(servers)].slice(0, 4);
  const alone = await Promise.all(few.map((server) => mapped(bench.deps, [server])));
  const answered = alone.filter(({ outside }) => outside.length > 0).length;
  const all =
    answered > 1 ? await mapped(bench.deps, few) : alone.find((one) => one.outside.length > 0);
  // Two interfaces have two outside addresses with the best of routers.
  const families = ['ipv4', 'ipv6'] as const;
  const symmetric = families.some((family) => {
    const of = (list: readonly string[] = []) =>
      list.filter((address) => isFamily(family)({ address })).length;
    return of(all?.outside) > Math.max(1, of(all?.inside));
  });
  const facts = { servers: few.length, answered, mappings: all?.outside.length ?? 0 };
  if (answered === 0) {
    return { state: 'skipped', finding: udpOpen ? 'nat.none' : 'nat.unknown', facts };
  }
  if (answered === 1) return { state: 'passed', finding: 'nat.one', facts };
  return symmetric
    ? { state: 'warning', finding: 'nat.symmetric', facts }
    : { state: 'passed', finding: 'nat.steady', facts };
}

interface Mapped {
  /** Addresses with ports, each once. */
  inside: readonly string[];
  outside: readonly string[];
}

/** The own addresses over UDP, and those that the servers see. */
function mapped({ peer: make, timers }: DiagnosticDeps, urls: string[]): Promise<Mapped> {
  const peer = make({ iceServers: [{ urls }] });
  const inside = new Set<string>();
  const outside = new Set<string>();
  return new Promise((done) => {
    const settle = (): void => {
      cancel();
      peer.onicecandidate = null;
      peer.close();
      done({ inside: [...inside], outside: [...outside] });
    };
    const cancel = timers.after(gatherPatience, settle);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate === null) {
        settle();
        return;
      }
      const { type, protocol, address, port } = candidate;
      if (protocol !== 'udp') return;
      if (type === 'host') inside.add(`${address ?? ''} ${port ?? ''}`);
      if (type === 'srflx') outside.add(`${address ?? ''} ${port ?? ''}`);
    };
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer
      .createOffer()
      .then((offer) => peer.setLocalDescription(offer))
      .catch(settle);
  });
}
