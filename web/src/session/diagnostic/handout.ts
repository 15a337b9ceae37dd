/** What a company's network team has to let through: hosts, ports and protocols, as the servers named them. */
import type { TestRelay } from './api.ts';
import type { Candidate } from './dial.ts';
import { turnServers } from './checks/ways.ts';

/** One line, and what fills its places: `team.LINE` among the texts. */
export type Line =
  | { line: 'portal'; host: string; port: string }
  | { line: 'relay'; host: string; region: string }
  | { line: 'web' | 'turns'; port: string }
  | { line: 'turn'; protocol: 'UDP' | 'TCP'; port: string }
  | { line: 'media'; protocol: string; port: string; addresses: string };

/** `offered` are the relays' media addresses, as far as one has answered. */
export function allowances(
  portal: string,
  relays: readonly TestRelay[],
  offered: ReadonlyMap<string, readonly Candidate[]>,
): Line[] {
  const site = new URL(portal);
  const lines: Line[] = [{ line: 'portal', host: site.hostname, port: portOf(site) }];
  for (const relay of relays) {
    const web = new URL(relay.relay.whep);
    lines.push({ line: 'relay', host: web.hostname, region: relay.region || relay.id });
    lines.push({ line: 'web', port: portOf(web) });
    lines.push(...mediaLines(offered.get(relay.id) ?? []), ...turnLines(relay));
  }
  return lines;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'http:' ? '80' : '443');
}

function mediaLines(candidates: readonly Candidate[]): Line[] {
  const doors = new Map<string, Set<string>>();
  for (const { protocol, port, address } of candidates) {
    const door = `${protocol.toUpperCase()} ${port}`;
    doors.set(door, (doors.get(door) ?? new Set()).add(address));
  }
  return [...doors].map(([door, addresses]) => {
    const [protocol = '', port = ''] = door.split(' ');
    return { line: 'media', protocol, port, addresses: [...addresses].join(', ') };
  });
}

function turnLines(relay: TestRelay): Line[] {
  return turnServers(relay).map(({ url, way }) => {
    const port = /:(\d+)(?:\?|$)/.exec(url)?.[1] ?? (way === 'turns' ? '5349' : '3478');
    if (way === 'turns') return { line: 'turns', port };
    return { line: 'turn', protocol: way === 'turn' ? 'UDP' : 'TCP', port };
  });
}
