import { expect, it } from 'vitest';
import { sameWay, wayOf } from './way.ts';

const report = (...entries: object[]) => entries as unknown as RTCStatsReport;
const way = (local: object) =>
  wayOf(
    report(
      { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
      { id: 'P', type: 'candidate-pair', localCandidateId: 'L', nominated: true },
      { id: 'L', type: 'local-candidate', ...local },
    ),
  );
const relayed = (relayProtocol?: string, url?: string) =>
  way({ candidateType: 'relay', protocol: 'udp', relayProtocol, url });

it.each([
  ['host', 'udp'],
  ['srflx', 'udp'],
  ['prflx', 'udp'],
  ['host', 'tcp'],
  ['prflx', 'tcp'],
])('is direct from a candidate of type %s over %s', (candidateType, protocol) => {
  expect(way({ candidateType, protocol })).toEqual({ kind: protocol, port: null });
});

it.each(['udp', 'tcp', 'tls'])('is through TURN over %s, whatever is relayed', (protocol) => {
  expect(relayed(protocol)).toEqual({ kind: `turn-${protocol}`, port: null });
});

it('has the TURN server’s port where the browser tells it', () => {
  expect(relayed('tls', 'turns:relay.example:443?transport=tcp')?.port).toBe(443);
  expect(relayed('tls', 'turns:[2001:db8::1]:5349?transport=tcp')?.port).toBe(5349);
  expect(relayed('tls', 'turns:[2001:db8::1]?transport=tcp')?.port).toBeNull();
  expect(relayed('tls', 'turns:relay.example')?.port).toBeNull();
});

it('is that of the pair in use, among those that were tried', () => {
  const tried = { id: 'Q', type: 'candidate-pair', localCandidateId: 'M', nominated: true };
  const used = { id: 'P', type: 'candidate-pair', localCandidateId: 'L', nominated: true };
  const locals = [
    { id: 'M', type: 'local-candidate', candidateType: 'host', protocol: 'udp' },
    { id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'tcp' },
  ];
  const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'P' };
  expect(wayOf(report(tried, used, ...locals, transport))?.kind).toBe('tcp');
  expect(wayOf(report(tried, { ...used, selected: true }, ...locals))?.kind).toBe('tcp');
});

it('is nothing that is guessed', () => {
  expect(wayOf(report())).toBeNull();
  expect(wayOf(report({ id: 'T', type: 'transport' }))).toBeNull();
  expect(wayOf(report({ id: 'P', type: 'candidate-pair', nominated: true }))).toBeNull();
  expect(relayed()).toBeNull();
  expect(relayed('quic')).toBeNull();
  expect(way({ candidateType: 'host', protocol: 'sctp' })).toBeNull();
});

it('is the same when kind and port are', () => {
  expect(sameWay(null, null)).toBe(true);
  expect(sameWay({ kind: 'udp', port: null }, null)).toBe(false);
  expect(sameWay({ kind: 'turn-tls', port: 443 }, { kind: 'turn-tls', port: 443 })).toBe(true);
  expect(sameWay({ kind: 'turn-tls', port: 443 }, { kind: 'turn-tls', port: 5349 })).toBe(false);
});
