/** Where a network must let its guests go, from the URLs that the service gives out. */
export interface Destination {
  host: string;
  /** Such as "TCP 443". */
  ports: string[];
}

const usual: Readonly<Record<string, string>> = {
  'https:': '443',
  'wss:': '443',
  'http:': '80',
  'ws:': '80',
};

/** Each host once, with the ports of all its URLs. */
export function destinations(urls: readonly string[]): Destination[] {
  const hosts = new Map<string, Set<string>>();
  for (const url of urls) {
    const found = web(url) ?? turn(url);
    if (found === null) continue;
    const ports = hosts.get(found.host) ?? new Set();
    ports.add(found.port);
    hosts.set(found.host, ports);
  }
  return [...hosts].map(([host, ports]) => ({ host, ports: [...ports].toSorted() }));
}

function web(url: string): { host: string; port: string } | null {
  if (!/^(?:https?|wss?):/.test(url)) return null;
  try {
    const { hostname, port, protocol } = new URL(url);
    return { host: hostname, port: `TCP ${port || usual[protocol]}` };
  } catch {
    return null;
  }
}

/** RFC 7065: turn:HOST:PORT?transport=udp. */
function turn(url: string): { host: string; port: string } | null {
  const parts = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url);
  if (parts === null) return null;
  const [, scheme, host = '', port, transport] = parts;
  const secure = scheme === 'turns';
  const way = transport ?? (secure ? 'tcp' : 'udp');
  return { host, port: `${way.toUpperCase()} ${port ?? (secure ? '5349' : '3478')}` };
}
