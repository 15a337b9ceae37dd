/** What is likely behind the results: rules over what was found, and nothing else. */
import { wayChecks, type CheckName, type Finding, type Result, type WayCheck } from './result.ts';

export const causes = [
  'offline',
  'insecure',
  'browser',
  'webrtc-off',
  'cookies',
  'clock',
  'portal',
  'relays-blocked',
  'tls-inspection',
  'web-only',
  'media-blocked',
  'udp-blocked',
  'media-port',
  'control-blocked',
  'websocket-proxy',
  'packets',
  'vpn',
  'nat',
  'relay-down',
  'idle',
  'computer',
  'uplink',
  'downlink',
  'loss',
  'distance',
  'decoder',
  'capture-permission',
  'capture-black',
  'servers',
] as const;
export type Cause = (typeof causes)[number];

interface Rule {
  cause: Cause;
  /** The checks that it explains. */
  explains: readonly CheckName[];
  when(seen: Seen): boolean;
}

/** The results, as rules ask for them. */
class Seen {
  readonly #results: readonly Result[];

  constructor(results: readonly Result[]) {
    this.#results = results;
  }

  found(...findings: Finding[]): boolean {
    return this.#results.some(({ finding }) => finding !== null && findings.includes(finding));
  }

  failed(...checks: CheckName[]): boolean {
    return checks.every((check) => this.#of(check)?.state === 'failed');
  }

  /** At least in part. */
  open(...ways: WayCheck[]): boolean {
    return ways.some((way) => ['passed', 'warning'].includes(this.#of(way)?.state ?? ''));
  }

  unoffered(way: WayCheck): boolean {
    return this.#of(way)?.finding === 'way.unoffered';
  }

  /** What was given up or waits for its turn is not. */
  shut(...ways: WayCheck[]): boolean {
    return ways.every((way) => this.failed(way) || this.unoffered(way));
  }

  troubled(...checks: CheckName[]): boolean {
    return checks.some((check) => ['failed', 'warning'].includes(this.#of(check)?.state ?? ''));
  }

  get answers(): boolean {
    return this.found('reach.all', 'reach.some');
  }

  fact(check: CheckName, name: string): unknown {
    return this.#of(check)?.facts[name];
  }

  number(check: CheckName, name: string): number {
    const value = this.fact(check, name);
    return typeof value === 'number' ? value : 0;
  }

  #of(check: CheckName): Result | undefined {
    return this.#results.find((result) => result.check === check);
  }
}

const pictures = ['bandwidth', 'quality', 'text'] as const;

/** In the order in which they are told: what makes others follow comes first. */
const rules: readonly Rule[] = [
  { cause: 'offline', explains: ['api', 'reach'], when: (seen) => seen.found('api.offline') },
  { cause: 'insecure', explains: ['secure', 'webrtc', 'capture'], when: (s) => s.failed('secure') },
  {
    cause: 'browser',
    explains: ['browser', 'webrtc', 'codecs'],
    when: (seen) => seen.found('browser.old', 'webrtc.no', 'codecs.none'),
  },
  { cause: 'webrtc-off', explains: ['webrtc'], when: (seen) => seen.found('webrtc.off') },
  { cause: 'cookies', explains: ['cookies', 'storage'], when: (seen) => seen.failed('cookies') },
  {
    cause: 'clock',
    explains: ['clock', 'api', 'reach'],
    when: (seen) => seen.found('clock.wrong'),
  },
  { cause: 'portal', explains: ['api'], when: (seen) => seen.found('api.silent') },
  {
    cause: 'relays-blocked',
    explains: ['reach', 'websocket', 'poll', ...wayChecks],
    when: (seen) => seen.found('reach.none'),
  },
  {
    // Web pages of the relay come, but nothing that only looks like them.
    cause: 'tls-inspection',
    explains: wayChecks,
    when: (seen) => seen.answers && seen.failed('turns') && !seen.open(...wayChecks),
  },
  {
    cause: 'web-only',
    explains: ['udp', 'tcp', 'turn', 'turn-tcp'],
    when: (seen) => seen.open('turns') && !seen.open('udp', 'tcp', 'turn', 'turn-tcp'),
  },
  {
    // Where the relay offers no TURN over TLS, nothing says whether it would get through.
    cause: 'media-blocked',
    explains: wayChecks,
    when: (seen) =>
      seen.answers &&
      seen.failed('udp', 'tcp') &&
      seen.shut('turn', 'turn-tcp') &&
      seen.unoffered('turns'),
  },
  {
    cause: 'udp-blocked',
    explains: ['udp', 'turn', 'nat'],
    when: (seen) => seen.failed('udp') && !seen.open('turn') && seen.open('tcp', 'turn-tcp'),
  },
  {
    cause: 'media-port',
    explains: ['udp', 'tcp'],
    when: (seen) => seen.failed('udp') && seen.open('turn'),
  },
  {
    cause: 'control-blocked',
    explains: ['websocket', 'poll'],
    when: (seen) => seen.answers && seen.failed('websocket', 'poll'),
  },
  {
    cause: 'websocket-proxy',
    explains: ['websocket'],
    when: (seen) => seen.failed('websocket') && !seen.failed('poll') && seen.answers,
  },
  { cause: 'packets', explains: ['mtu', ...pictures], when: (seen) => seen.found('mtu.small') },
  {
    cause: 'vpn',
    explains: [...wayChecks, ...pictures],
    when: (seen) => seen.found('mtu.tunnel') && seen.troubled('udp', 'decode', ...pictures),
  },
  {
    cause: 'nat',
    explains: ['nat', 'udp'],
    when: (seen) => seen.found('nat.symmetric') && seen.troubled('udp', 'idle', 'turn'),
  },
  {
    cause: 'relay-down',
    explains: ['reach', 'websocket', 'poll', ...wayChecks],
    when: (seen) => seen.found('reach.some'),
  },
  { cause: 'idle', explains: ['idle'], when: (seen) => seen.troubled('idle') },
  {
    cause: 'computer',
    explains: ['bandwidth', 'text'],
    when: (s) => s.fact('bandwidth', 'limited') === 'cpu' && s.troubled('bandwidth', 'text'),
  },
  {
    cause: 'uplink',
    explains: ['bandwidth', 'text'],
    when: (seen) =>
      seen.found('bandwidth.tight', 'bandwidth.slow') &&
      seen.fact('bandwidth', 'limited') !== 'cpu' &&
      // What was never sent cannot come back: the way in is judged by what is missing of it.
      seen.number('bandwidth', 'down') > 0.7 * seen.number('bandwidth', 'up'),
  },
  {
    cause: 'downlink',
    explains: ['bandwidth', 'text'],
    when: (seen) =>
      seen.found('bandwidth.tight', 'bandwidth.slow') &&
      seen.number('bandwidth', 'down') <= 0.7 * seen.number('bandwidth', 'up'),
  },
  {
    cause: 'loss',
    explains: pictures,
    when: (seen) =>
      seen.troubled('quality') &&
      Math.max(seen.number('quality', 'lossUp'), seen.number('quality', 'lossDown')) > 1,
  },
  {
    cause: 'distance',
    explains: ['quality'],
    when: (seen) => seen.troubled('quality') && seen.number('quality', 'rtt') > 200,
  },
  {
    cause: 'decoder',
    explains: ['decode'],
    when: (seen) => seen.found('decode.wrong', 'decode.nothing'),
  },
  {
    cause: 'capture-permission',
    explains: ['capture'],
    when: (seen) => seen.found('capture.forbidden'),
  },
  { cause: 'capture-black', explains: ['capture'], when: (seen) => seen.found('capture.black') },
  { cause: 'servers', explains: ['clock'], when: (seen) => seen.found('clock.servers') },
];

/** The likeliest first. */
export function causesOf(results: readonly Result[]): Cause[] {
  return matching(results).map(({ cause }) => cause);
}

/** Those of one check that is in trouble. */
export function causesFor({ check, state }: Result, results: readonly Result[]): Cause[] {
  if (state !== 'failed' && state !== 'warning') return [];
  return matching(results)
    .filter(({ explains }) => explains.includes(check))
    .map(({ cause }) => cause);
}

function matching(results: readonly Result[]): Rule[] {
  const seen = new Seen(results);
  return rules.filter((rule) => rule.when(seen));
}
