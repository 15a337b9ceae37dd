import { count, fields, list, optionalText, text, type Fields } from './shape.ts';

/** The ways between a browser and a relay that the desk knows by name. */
export const ways = ['udp', 'tcp', 'turn-udp', 'turn-tcp', 'turns'] as const;
export type Way = (typeof ways)[number];

export const sides = ['view', 'share'] as const;
export type Side = (typeof sides)[number];

/** One call of a diagnostic session. */
export interface Asked {
  at: string;
  requestId: string;
  call: string;
  status: number;
}

/** What one media session did on a relay, as the relay reports it. In is from the browser. */
export interface Measured {
  at: string;
  relay: string;
  id: string;
  side: string;
  /** Empty: it never connected. */
  way: string;
  family: string;
  seconds: number;
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  nacks: number;
  retransmissions: number;
  keyframeRequests: number;
  lost: number;
  /** Milliseconds; 0: not known. */
  rtt: number;
  /** bit/s; 0: no limit was met. */
  estimate: number;
}

/** What the servers know of the session that made a report. */
export interface ServerRecord {
  openedAt: string;
  network: string;
  requests: Asked[];
  relays: Measured[];
}

/** Null where there is none: the report was made without a session. */
export function serverOf(value: unknown): ServerRecord | null {
  if (value === undefined || value === null) return null;
  const from = fields(value, 'server');
  return {
    openedAt: text(from, 'openedAt'),
    network: optionalText(fields(from['client'], 'client'), 'network'),
    requests: list(from, 'requests', askedOf),
    relays: list(from, 'relays', measuredOf),
  };
}

function askedOf(item: unknown): Asked {
  const from = fields(item, 'request');
  return {
    at: text(from, 'at'),
    requestId: text(from, 'requestId'),
    call: text(from, 'call'),
    status: count(from, 'status'),
  };
}

function measuredOf(item: unknown): Measured {
  const from: Fields = fields(item, 'media session');
  return {
    at: text(from, 'at'),
    relay: text(from, 'relay'),
    id: text(from, 'id'),
    side: text(from, 'role'),
    way: text(from, 'way'),
    family: text(from, 'family'),
    seconds: count(from, 'seconds'),
    packetsIn: count(from, 'packetsIn'),
    packetsOut: count(from, 'packetsOut'),
    bytesIn: count(from, 'bytesIn'),
    bytesOut: count(from, 'bytesOut'),
    nacks: count(from, 'nacks'),
    retransmissions: count(from, 'retransmissions'),
    keyframeRequests: count(from, 'keyframeRequests'),
    lost: count(from, 'lost'),
    rtt: count(from, 'rtt'),
    estimate: count(from, 'estimate'),
  };
}
