import { expect, it } from 'vitest';
import { checkBrowser } from '../../session/fitness.ts';
import { en } from '../../text/en.ts';
import type { Key } from '../../text/en.ts';
import { fr } from '../../text/fr.ts';
import { initials } from './talk/person.tsx';
import { allDark } from './sample.ts';
import { stateText } from './state.tsx';
import { wayText } from './ways.tsx';

it.each([
  ['Mr James BOND', 'JB'],
  ['Anne', 'A'],
  ['  ', ''],
  ['Élodie Ünal', 'ÉÜ'],
])('draws the initials of %j', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

it('calls black what is black in every point, noise of the decoder included', () => {
  expect(allDark(new Uint8ClampedArray([0, 0, 0, 255, 8, 9, 12, 255]))).toBe(true);
  expect(allDark(new Uint8ClampedArray([0, 0, 0, 255, 0, 200, 0, 255]))).toBe(false);
});

it('has words for every state', () => {
  const t = (key: Key) => en[key];
  const said = [
    stateText({ standing: 'connecting', reason: '', problem: null }, null, t, 'en'),
    stateText({ standing: 'connecting', reason: 'first-picture', problem: null }, null, t, 'en'),
    stateText({ standing: 'waiting', reason: '', problem: null }, null, t, 'en'),
    stateText({ standing: 'waiting', reason: 'stopped', problem: null }, null, t, 'en'),
    stateText({ standing: 'live', reason: '', problem: null }, null, t, 'en'),
    stateText({ standing: 'reconnecting', reason: 'control', problem: null }, null, t, 'en'),
    stateText({ standing: 'reconnecting', reason: 'media', problem: null }, null, t, 'en'),
    stateText({ standing: 'frozen', reason: 'black', problem: null }, null, t, 'en'),
    stateText({ standing: 'frozen', reason: 'undecodable', problem: null }, null, t, 'en'),
    stateText({ standing: 'ended', reason: '', problem: null }, null, t, 'en'),
    stateText({ standing: 'ended', reason: 'refused', problem: null }, null, t, 'en'),
    stateText({ standing: 'removed', reason: '', problem: null }, null, t, 'en'),
  ];
  expect(new Set(said).size).toBe(said.length);
  expect(said).not.toContain('');
});

it('has words for every way', () => {
  for (const words of [en, fr]) {
    const t = (key: Key, fill: object = {}) => `${words[key]} ${Object.values(fill).join()}`;
    const kinds = ['udp', 'tcp', 'turn-udp', 'turn-tcp', 'turn-tls'] as const;
    const said = kinds.map((kind) => wayText({ kind, port: null }, t));
    expect(new Set(said).size).toBe(kinds.length);
    expect(wayText({ kind: 'turn-tls', port: 443 }, t)).toContain('443');
    // A port is worth a word only where it is the portal's own.
    expect(wayText({ kind: 'turn-udp', port: 3478 }, t)).toBe(said[2]);
  }
});

it('finds out what a browser lacks', () => {
  const bare = { isSecureContext: false, navigator: { cookieEnabled: true } as Navigator };
  const met = Object.fromEntries(checkBrowser(bare).map((finding) => [finding.check, finding.met]));
  expect(met).toEqual({
    secure: false,
    webrtc: false,
    codecs: false,
    cookies: true,
    capture: false,
  });
  const full = {
    isSecureContext: true,
    navigator: {
      cookieEnabled: true,
      mediaDevices: { getDisplayMedia: () => {} },
    } as unknown as Navigator,
    RTCPeerConnection: () => {},
    RTCRtpReceiver: {
      getCapabilities: () => ({
        codecs: [{ mimeType: 'video/VP8', clockRate: 90_000 }],
        headerExtensions: [],
      }),
    },
  };
  expect(checkBrowser(full).every((finding) => finding.met)).toBe(true);
});
