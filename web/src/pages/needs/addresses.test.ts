import { expect, it } from 'vitest';
import { destinations } from './addresses.ts';

it('names each host once, with all its ports', () => {
  expect(
    destinations([
      'https://eu.example/whip',
      'wss://eu.example/control',
      'turn:eu.example:3478?transport=udp',
      'turn:eu.example:3478?transport=tcp',
      'turns:eu.example:443?transport=tcp',
      'turns:[2001:db8::1]',
      'turn:us.example',
      'http://localhost:8080/whep',
      'nonsense',
      'https://',
    ]),
  ).toEqual([
    { host: 'eu.example', ports: ['TCP 3478', 'TCP 443', 'UDP 3478'] },
    { host: '[2001:db8::1]', ports: ['TCP 5349'] },
    { host: 'us.example', ports: ['UDP 3478'] },
    { host: 'localhost', ports: ['TCP 8080'] },
  ]);
});
