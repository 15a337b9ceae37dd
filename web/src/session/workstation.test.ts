import { expect, it } from 'vitest';
import { familyOf, platformsOf, systemOf } from './workstation.ts';
import { WayMemory } from './ways.ts';

const chrome = (system: string) =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36`;
const windows = 'Windows NT 10.0; Win64; x64';
const mac = 'Macintosh; Intel Mac OS X 10_15_7';
const safari = `Mozilla/5.0 (${mac}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15`;

it.each([
  [chrome(windows), 0, '', 'windows', ['windows-amd64']],
  [chrome(windows), 10, 'arm', 'windows', ['windows-arm64', 'windows-amd64']],
  [chrome('X11; Linux x86_64'), 0, 'x86', 'linux', ['linux-amd64']],
  [chrome('X11; Linux aarch64'), 0, '', 'linux', ['linux-arm64']],
  [chrome(mac), 0, 'arm', 'macos', ['darwin-arm64', 'darwin-amd64']],
  [safari, 0, '', 'macos', ['darwin-amd64', 'darwin-arm64']],
  [safari, 5, '', 'none', []],
  [chrome('Linux; Android 15; Pixel 9'), 5, '', 'none', []],
  [chrome('X11; CrOS x86_64 14541.0.0'), 0, '', 'none', []],
  ['', 0, '', 'none', []],
])('%s, %d fingers, %s: %s', (userAgent, touchPoints, architecture, system, platforms) => {
  const station = { userAgent, touchPoints, architecture };
  expect(systemOf(station)).toBe(system);
  expect(platformsOf(station)).toEqual(platforms);
});

it.each([
  [chrome(windows), 'chromium'],
  [`${chrome(windows)} Edg/131.0.0.0`, 'edge'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0', 'firefox'],
  [safari, 'safari'],
  ['something else', 'chromium'],
])('%s asks like %s', (userAgent, family) => {
  expect(familyOf(userAgent)).toBe(family);
});

it('keeps a way, forgets it, and does without a storage', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as unknown as Storage;
  const memory = new WayMemory(storage);
  expect(memory.read()).toBe(null);
  memory.keep('software');
  expect(memory.read()).toBe('software');
  memory.forget();
  expect(memory.read()).toBe(null);
  kept.set('coopnet.way', 'by bus');
  expect(memory.read()).toBe(null);
  const none = new WayMemory(null);
  none.keep('browser');
  none.forget();
  expect(none.read()).toBe(null);
});
