import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Release } from '../../session/launchapi.ts';
import { Problem } from '../../session/problem.ts';
import { systemTimers } from '../../session/timers.ts';
import { Joining } from './joining.ts';
import { checkCommand, sizeText } from './words.ts';

const code = 'abcdefghijklmnopqrstuv';
const release = (platform: string): Release => ({
  platform,
  version: '1.4.0',
  filename: 'coopnet.exe',
  size: 11_534_336,
  sha256: 'ab'.repeat(32),
});
const releases = vi.fn<() => Promise<Release[]>>();
const begin = vi.fn<() => Promise<string>>();
const fresh = vi.fn<() => boolean>();
const open = vi.fn<(address: string) => void>();
let joining: Joining;

beforeEach(() => {
  releases.mockReset().mockResolvedValue([release('linux-amd64'), release('windows-amd64')]);
  begin.mockReset().mockResolvedValue(code);
  fresh.mockReset().mockReturnValue(true);
  open.mockReset();
});
afterEach(() => joining.close());

function visit(userAgent: string, early = false): Joining {
  joining = new Joining({
    api: { releases, begin, look: () => new Promise(() => {}) },
    timers: systemTimers,
    station: () => Promise.resolve({ userAgent, touchPoints: 0, architecture: '' }),
    fresh,
    open,
    early,
  });
  return joining;
}

const windows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0 Safari/537.36 Edg/131.0';

it('opens the software with a code, straight from the click', async () => {
  const { launch, offer } = visit(windows);
  await joining.start();
  expect(offer.value).toEqual({ kind: 'some', release: release('windows-amd64') });
  expect([joining.system, joining.family]).toEqual(['windows', 'edge']);
  expect(open).toHaveBeenCalledExactlyOnceWith(`coopnet://join/${code}`);
  expect(launch.state.value.phase).toBe('opened');
});

it('has a code for each try, and one for who presses twice', async () => {
  const other = code.toUpperCase();
  visit(windows);
  await Promise.all([joining.start(), joining.start()]);
  expect(begin).toHaveBeenCalledTimes(1);
  begin.mockResolvedValue(other);
  await joining.start();
  expect(open.mock.calls).toEqual([[`coopnet://join/${code}`], [`coopnet://join/${other}`]]);
});

it('opens nothing when the click was too long ago: a button does', async () => {
  fresh.mockReturnValue(false);
  visit(windows);
  await joining.start();
  expect(open).not.toHaveBeenCalled();
  expect(joining.launch.state.value).toEqual({ phase: 'ready', address: `coopnet://join/${code}` });
  // Straight from the next click, with the same code.
  void joining.start();
  expect(open).toHaveBeenCalledExactlyOnceWith(`coopnet://join/${code}`);
  expect(begin).toHaveBeenCalledTimes(1);
});

it.each([
  ['a phone', 'Mozilla/5.0 (Linux; Android 15) Chrome/131.0.0.0 Mobile', 'phone'],
  [
    'a system without a release',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18 Safari',
    'none',
  ],
])('asks for no code on %s', async (_, userAgent, kind) => {
  visit(userAgent);
  await joining.start();
  expect(joining.offer.value).toEqual({ kind });
  expect(begin).not.toHaveBeenCalled();
});

it('starts what was installed in another way, for who insists', async () => {
  releases.mockResolvedValue([]);
  visit(windows);
  await joining.start();
  expect(open).not.toHaveBeenCalled();
  await joining.insist();
  expect(open).toHaveBeenCalledTimes(1);
  visit('Mozilla/5.0 (Linux; Android 15) Chrome/131.0.0.0 Mobile');
  await joining.insist();
  expect(open).toHaveBeenCalledTimes(1);
});

it('starts what is installed where the list cannot be read', async () => {
  releases.mockRejectedValue(new Problem('unavailable'));
  visit(windows);
  await joining.start();
  expect(joining.offer.value).toEqual({ kind: 'unknown' });
  expect(joining.launch.state.value.phase).toBe('opened');
});

it('starts nothing before the conference opens', async () => {
  visit(windows, true);
  await joining.start();
  expect(begin).not.toHaveBeenCalled();
});

it('opens nothing where there is no code', async () => {
  begin.mockRejectedValue(new Problem('rate-limited'));
  visit(windows);
  await joining.start();
  expect(open).not.toHaveBeenCalled();
  expect(joining.launch.state.value.phase).toBe('failed');
});

it('has words for sizes, and commands for checksums', () => {
  expect(sizeText(11_534_336, 'en')).toBe('11.5 MB');
  expect(sizeText(11_534_336, 'fr')).toMatch(/^11,5\sMo$/);
  expect(checkCommand('windows', 'a b.exe')).toBe('Get-FileHash "a b.exe"');
  expect(checkCommand('macos', 'a.dmg')).toBe('shasum -a 256 "a.dmg"');
  expect(checkCommand('linux', 'a.deb')).toBe('sha256sum "a.deb"');
});
