import { describe, expect, it } from 'vitest';
import { serverOf } from './server.ts';

const media = {
  relay: 'relay-1',
  id: 'q3Zk0vB1sT7w',
  at: '2026-11-24T09:00:04.5Z',
  role: 'view',
  way: 'turns',
  family: 'ipv4',
  seconds: 4.2,
  packetsIn: 61,
  packetsOut: 402,
  bytesIn: 5120,
  bytesOut: 431300,
  nacks: 3,
  retransmissions: 3,
  keyframeRequests: 1,
  lost: 3,
  rtt: 41.5,
  estimate: 2150000,
};
const request = {
  at: '2026-11-24T09:00:00Z',
  requestId: 'r',
  call: 'POST /api/v1/diagnostics/sessions',
  status: 201,
};
const server = {
  openedAt: '2026-11-24T09:00:00Z',
  client: { network: '203.0.113.0/24', family: 'ipv4' },
  requests: [request],
  relays: [media],
};

describe('what the servers know of a session', () => {
  it('is read', () => {
    const { role, ...rest } = media;
    expect(serverOf(server)).toEqual({
      openedAt: server.openedAt,
      network: '203.0.113.0/24',
      requests: [request],
      relays: [{ ...rest, side: role }],
    });
  });

  it('may be missing', () => {
    expect(serverOf(null)).toBeNull();
    expect(serverOf(undefined)).toBeNull();
  });

  it('is not believed when it is something else', () => {
    expect(() => serverOf({ ...server, requests: 'all' })).toThrow();
    expect(() => serverOf({ ...server, relays: [{ ...media, lost: -1 }] })).toThrow();
    expect(() => serverOf({ ...server, relays: [{ ...media, way: 7 }] })).toThrow();
  });
});
