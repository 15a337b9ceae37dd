import { expect, it } from 'vitest';
import { SocketCarrier } from './socket.ts';

it('lets input wait while the network is behind, and takes everything else', () => {
  const sent: string[] = [];
  const socket = { readyState: 1, bufferedAmount: 0, send: (frame: string) => sent.push(frame) };
  const carrier = new SocketCarrier(
    () => socket as unknown as WebSocket,
    'wss://relay.example/control',
    'a-token',
    { heard: () => {}, closed: () => {} },
  );
  const input = { type: 'control.input' as const, grant: 'g', events: [] };
  expect(carrier.send(input)).toBe(true);
  socket.bufferedAmount = 9000;
  expect(carrier.send(input)).toBe(false);
  expect(carrier.send({ type: 'control.revoke', grant: 'g' })).toBe(true);
  expect(sent).toHaveLength(2);
});
