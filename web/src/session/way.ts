import { entries, type Entry } from './stats.ts';

/** By which way media travels between this browser and the relay. */
export interface Way {
  /** Straight to the relay's media port (`udp`, `tcp`), or through its TURN server. */
  kind: 'udp' | 'tcp' | 'turn-udp' | 'turn-tcp' | 'turn-tls';
  /** The TURN server's port, where the browser tells it. */
  port: number | null;
}

/** The way in use; null while there is none, or none that the browser names. */
export function wayOf(stats: RTCStatsReport): Way | null {
  const all = entries(stats);
  const pair = selectedPair(all);
  const local = all.find((entry) => entry['id'] === pair?.['localCandidateId']);
  if (!local) return null;
  if (local['candidateType'] !== 'relay') {
    const { protocol } = local;
    return protocol === 'udp' || protocol === 'tcp' ? { kind: protocol, port: null } : null;
  }
  // The candidate's own protocol is that of the relayed address: what counts is the leg to the TURN server.
  const { relayProtocol } = local;
  if (relayProtocol !== 'udp' && relayProtocol !== 'tcp' && relayProtocol !== 'tls') return null;
  return { kind: `turn-${relayProtocol}`, port: portOf(local['url']) };
}

export function sameWay(one: Way | null, other: Way | null): boolean {
  return one?.kind === other?.kind && one?.port === other?.port;
}

function selectedPair(all: readonly Entry[]): Entry | undefined {
  const pairs = all.filter((entry) => entry['type'] === 'candidate-pair');
  const transport = all.find((entry) => entry['type'] === 'transport');
  const named = transport?.['selectedCandidatePairId'];
  return (
    pairs.find((pair) => pair['id'] === named) ??
    // Firefox has no such name, but marks the pair.
    pairs.find((pair) => pair['selected'] === true)
  );
}

/** "turns:relay.example:443?transport=tcp" */
function portOf(url: unknown): number | null {
  const port = typeof url === 'string' ? /:(\d+)(?:\?|$)/.exec(url)?.[1] : undefined;
  return port === undefined ? null : Number(port);
}
