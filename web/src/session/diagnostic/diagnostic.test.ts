import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { causesOf, type Cause } from './causes.ts';
import { Diagnostic, fullChecks } from './diagnostic.ts';
import { waiting, type CheckName, type Result } from './result.ts';
import { screen, type Mishap } from './testing/pictures.ts';
import { World, type Broken } from './testing/world.ts';
import { verdictOf } from './verdict.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Case extends Partial<Broken> {
  mishap?: Mishap;
}

async function run({ mishap = 'none', ...broken }: Case = {}): Promise<{
  world: World;
  diagnostic: Diagnostic;
  results: readonly Result[];
  found: (check: CheckName) => string;
}> {
  const world = new World(broken);
  world.pictures.mishap = mishap;
  const diagnostic = new Diagnostic(world.full);
  void diagnostic.start();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(diagnostic.phase.value).toBe('done');
  // Whatever was opened is closed, and every check has said something.
  expect(world.open).toBe(0);
  expect(world.pictures.open).toBe(0);
  const results = diagnostic.results.value;
  expect(results.filter(({ finding }) => finding === null)).toEqual([]);
  const found = (check: CheckName): string => {
    const { state, finding } = results.find((one) => one.check === check) ?? {};
    return `${state} ${finding}`;
  };
  return { world, diagnostic, results, found };
}

it('finds everything right in a healthy world', async () => {
  const { results, found } = await run();
  expect(results.map(({ check }) => check)).toEqual(fullChecks);
  const passed = results.filter(({ state }) => state === 'passed').map(({ check }) => check);
  const others = fullChecks.filter((check) => !passed.includes(check));
  expect(others).toEqual(['capture', 'software']);
  expect(found('capture')).toBe('skipped capture.asked');
  expect(found('software')).toBe('skipped software.offered');
  expect(found('idle')).toBe('passed idle.kept');
  expect(found('text')).toBe('passed text.sharp');
  expect(verdictOf(results)).toBe('passed');
  expect(causesOf(results)).toEqual([]);
});

const old = 'Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:78.0) Gecko/20100101 Firefox/78.0';
const ways = ['udp', 'tcp', 'turn', 'turn-tcp', 'turns'] as const;

describe('a broken world', () => {
  it.each<[string, Case, Partial<Record<CheckName, string>>, Cause[], string]>([
    ['an old browser', { agent: old }, { browser: 'failed browser.old' }, ['browser'], 'failed'],
    [
      'no https',
      { secure: false },
      { secure: 'failed secure.no', capture: 'skipped capture.unable' },
      ['insecure'],
      'failed',
    ],
    [
      'no WebRTC',
      { webrtc: 'none' },
      {
        webrtc: 'failed webrtc.no',
        udp: 'skipped needs.webrtc',
        decode: 'skipped needs.webrtc',
        websocket: 'passed websocket.open',
      },
      ['browser'],
      'failed',
    ],
    ['WebRTC off', { webrtc: 'off' }, { webrtc: 'failed webrtc.off' }, ['webrtc-off'], 'failed'],
    ['no cookies', { cookies: false }, { cookies: 'failed cookies.no' }, ['cookies'], 'failed'],
    [
      'no network',
      { online: false },
      { api: 'failed api.offline', udp: 'skipped needs.server' },
      ['offline'],
      'failed',
    ],
    [
      'a silent portal',
      { api: 'silent' },
      { api: 'failed api.silent', reach: 'skipped needs.server' },
      ['portal'],
      'failed',
    ],
    [
      'a busy portal',
      { api: 'busy' },
      { api: 'warning api.refused', nat: 'skipped needs.server' },
      [],
      'warning',
    ],
    [
      'no relay',
      { relays: [] },
      { udp: 'skipped needs.relay', reach: 'skipped needs.relay' },
      [],
      'passed',
    ],
    ['a clock ahead', { ahead: 3_600_000 }, { clock: 'failed clock.wrong' }, ['clock'], 'warning'],
    ['a clock behind', { ahead: -60_000 }, { clock: 'warning clock.off' }, [], 'warning'],
    [
      'blocked relays',
      { silent: ['eu-1'] },
      { reach: 'failed reach.none', udp: 'failed way.none' },
      ['relays-blocked'],
      'failed',
    ],
    [
      'one relay down',
      { relays: ['eu-1', 'us-1'], silent: ['us-1'] },
      { reach: 'warning reach.some', udp: 'warning way.some' },
      ['relay-down'],
      'warning',
    ],
    [
      'no UDP',
      { ways: ['tcp', 'turn-tcp', 'turns'] },
      { udp: 'failed way.none', nat: 'skipped nat.unknown', decode: 'passed decode.right' },
      ['udp-blocked'],
      'warning',
    ],
    [
      'TLS only',
      { ways: ['turns'] },
      { tcp: 'failed way.none', turns: 'passed way.open', text: 'passed text.sharp' },
      ['web-only'],
      'warning',
    ],
    [
      'nothing but web pages',
      { ways: [] },
      { turns: 'failed way.none', decode: 'skipped needs.way', idle: 'passed idle.channel' },
      ['tls-inspection'],
      'failed',
    ],
    [
      'nothing but web pages, and no TURN over TLS',
      { ways: [], turn: ['turn:{host}:3478?transport=udp', 'turn:{host}:3478?transport=tcp'] },
      { udp: 'failed way.none', turns: 'skipped way.unoffered' },
      ['media-blocked'],
      'failed',
    ],
    [
      'a closed media port',
      { ways: ['turn', 'turn-tcp', 'turns'] },
      { udp: 'failed way.none' },
      ['media-port'],
      'warning',
    ],
    [
      'no TURN offered',
      { turn: [] },
      { turn: 'skipped way.unoffered', nat: 'skipped nat.none' },
      [],
      'passed',
    ],
    [
      'no WebSocket',
      { websocket: false },
      { websocket: 'failed websocket.shut', poll: 'passed poll.open' },
      ['websocket-proxy'],
      'warning',
    ],
    [
      'no control channel',
      { websocket: false, poll: false },
      { poll: 'failed poll.shut' },
      ['control-blocked'],
      'failed',
    ],
    ['a VPN', { mss: 1320 }, { mtu: 'passed mtu.tunnel' }, [], 'passed'],
    [
      'a VPN with losses',
      { mss: 1320, loss: 3 },
      { quality: 'warning quality.fair' },
      ['vpn', 'loss'],
      'warning',
    ],
    ['tiny packets', { mss: 1160 }, { mtu: 'warning mtu.small' }, ['packets'], 'warning'],
    ['a proxy', { proxied: true }, { mtu: 'skipped mtu.proxied' }, [], 'passed'],
    [
      'a symmetric NAT',
      { relays: ['eu-1', 'us-1'], outside: ['198.51.100.4 4001', '198.51.100.4 4002'] },
      { nat: 'warning nat.symmetric' },
      [],
      'warning',
    ],
    ['a steady NAT', { relays: ['eu-1', 'us-1'] }, { nat: 'passed nat.steady' }, [], 'passed'],
    [
      'IPv4 alone',
      { candidates: ['udp 192.0.2.7', 'tcp 192.0.2.7'] },
      { ipv4: 'passed ipv4.open', ipv6: 'skipped ipv6.unoffered' },
      [],
      'passed',
    ],
    ['quiet media cut', { cutsMedia: 15_000 }, { idle: 'warning idle.media' }, ['idle'], 'warning'],
    [
      'a quiet channel cut',
      { cutsControl: 12_000 },
      { idle: 'warning idle.control' },
      ['idle'],
      'warning',
    ],
    [
      'a slow uplink',
      { up: 200, down: 200 },
      { bandwidth: 'failed bandwidth.slow' },
      ['uplink'],
      'failed',
    ],
    [
      'a narrow downlink',
      { up: 2000, down: 700 },
      { bandwidth: 'warning bandwidth.tight' },
      ['downlink'],
      'warning',
    ],
    [
      'a slow computer',
      { up: 900, down: 900, limited: 'cpu' },
      { bandwidth: 'warning bandwidth.tight' },
      ['computer'],
      'warning',
    ],
    ['a long way', { rtt: 0.6 }, { quality: 'failed quality.poor' }, ['distance'], 'warning'],
    ['losses', { loss: 8 }, { quality: 'failed quality.poor' }, ['loss'], 'warning'],
    [
      'no picture',
      { mishap: 'nothing' },
      { decode: 'failed decode.nothing', text: 'skipped text.unknown' },
      ['decoder'],
      'failed',
    ],
    [
      'a wrong picture',
      { mishap: 'other' },
      { decode: 'failed decode.wrong' },
      ['decoder'],
      'failed',
    ],
    [
      'a black picture',
      { mishap: 'black' },
      { decode: 'failed decode.wrong' },
      ['decoder'],
      'failed',
    ],
    [
      'a blurred picture',
      { mishap: 'blurred' },
      { decode: 'passed decode.right', text: 'failed text.blurred' },
      [],
      'warning',
    ],
    ['no software', { releases: [] }, { software: 'skipped software.none' }, [], 'passed'],
  ])('%s', async (_, broken, findings, causes, verdict) => {
    const { results, found } = await run(broken);
    for (const [check, expected] of Object.entries(findings)) {
      expect(found(check as CheckName), check).toBe(expected);
    }
    expect(causesOf(results)).toEqual(causes);
    expect(verdictOf(results)).toBe(verdict);
  });

  it('without storage', async () => {
    const world = new World();
    world.storage = null;
    const diagnostic = new Diagnostic(world.full);
    void diagnostic.start();
    await vi.advanceTimersByTimeAsync(60_000);
    const { state } = diagnostic.results.value.find(({ check }) => check === 'storage') ?? {};
    expect(state).toBe('warning');
  });
});

describe('a run', () => {
  it('tries every way to every relay, and each port of a TURN server', async () => {
    const { results } = await run({
      relays: ['eu-1', 'us-1'],
      turn: ['turns:{host}:443?transport=tcp', 'turns:{host}:5349?transport=tcp'],
    });
    const turns = results.find(({ check }) => check === 'turns');
    expect(turns?.parts.map(({ place }) => place)).toEqual(
      ['eu-1', 'us-1'].flatMap((id) =>
        [443, 5349].map((port) => `region of ${id} (${id}) · ${id}.example:${port}`),
      ),
    );
    expect(results.find(({ check }) => check === 'udp')?.parts).toHaveLength(2);
  });

  it('stops at once, keeps what was found, and begins again', async () => {
    const world = new World();
    const diagnostic = new Diagnostic(world.full);
    void diagnostic.start();
    await vi.advanceTimersByTimeAsync(3000);
    diagnostic.stop();
    await vi.advanceTimersByTimeAsync(100);
    expect(diagnostic.phase.value).toBe('stopped');
    const state = (check: CheckName) =>
      diagnostic.results.value.find((one) => one.check === check)?.state;
    expect(state('udp')).toBe('passed');
    expect(state('idle')).toBe('skipped');
    expect(verdictOf(diagnostic.results.value)).toBe('skipped');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(world.open).toBe(0);
    void diagnostic.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(diagnostic.phase.value).toBe('done');
    expect(state('idle')).toBe('passed');
  });

  it('repeats one check, with another session when the first has grown old', async () => {
    const { world, diagnostic } = await run({ ways: ['turns'] });
    world.broken.ways = [...ways];
    await vi.advanceTimersByTimeAsync(15 * 60_000);
    const before = world.asked.length;
    void diagnostic.repeat('udp');
    await vi.advanceTimersByTimeAsync(1000);
    const { state } = diagnostic.results.value.find(({ check }) => check === 'udp') ?? {};
    expect(state).toBe('passed');
    expect(world.asked.slice(before)).toContain('POST portal.example/api/v1/diagnostics/sessions');
  });

  it('does one thing at a time', async () => {
    const { diagnostic } = await run();
    void diagnostic.repeat('idle');
    await vi.advanceTimersByTimeAsync(100);
    void diagnostic.repeat('udp');
    void diagnostic.start();
    expect(diagnostic.results.value.filter(({ state }) => state === 'running')).toHaveLength(1);
    diagnostic.stop();
    await vi.advanceTimersByTimeAsync(100);
  });
});

it('blames no firewall before every way was tried', () => {
  const shut = (['udp', 'tcp', 'turn', 'turn-tcp'] as const).map((check): Result => ({
    ...waiting(check),
    state: 'failed',
    finding: 'way.none',
  }));
  const reach: Result = { ...waiting('reach'), state: 'passed', finding: 'reach.all' };
  const turns: Result = { ...waiting('turns'), state: 'skipped', finding: 'way.unoffered' };
  const stopped: Result = { ...turns, finding: 'stopped' };
  expect(causesOf([reach, ...shut, turns])).toEqual(['media-blocked']);
  expect(causesOf([reach, ...shut, stopped])).toEqual([]);
  expect(causesOf([reach, ...shut, waiting('turns')])).toEqual([]);
  const givenUp: Result = { ...stopped, check: 'turn-tcp' };
  expect(causesOf([reach, ...shut.slice(0, 3), givenUp, turns])).toEqual([]);
});

describe('sharing the screen', () => {
  const tries: [string, Mishap, string][] = [
    ['works', 'none', 'passed capture.good'],
    ['gives black', 'black', 'failed capture.black'],
    ['gives nothing', 'nothing', 'failed capture.nothing'],
  ];
  it.each(tries)('%s', async (_, mishap, expected) => {
    const { world, diagnostic } = await run();
    const chosen = screen();
    world.capture = () => Promise.resolve(chosen.media);
    world.pictures.mishap = mishap;
    void diagnostic.repeat('capture');
    await vi.advanceTimersByTimeAsync(20_000);
    const result = diagnostic.results.value.find(({ check }) => check === 'capture');
    expect(`${result?.state} ${result?.finding}`).toBe(expected);
    expect(chosen.stopped()).toBe(true);
    expect(world.pictures.open).toBe(0);
    if (mishap === 'none') expect(result?.facts['encoder']).toBe('libvpx');
  });

  it.each([
    [new DOMException('Permission denied', 'NotAllowedError'), 'skipped capture.denied'],
    [
      new DOMException('Permission denied by system', 'NotAllowedError'),
      'failed capture.forbidden',
    ],
    [new DOMException('', 'NotReadableError'), 'failed capture.forbidden'],
    [new DOMException('', 'InvalidStateError'), 'failed capture.failed'],
  ])('is refused: %s', async (cause, expected) => {
    const { world, diagnostic } = await run();
    world.capture = () => Promise.reject(cause);
    void diagnostic.repeat('capture');
    await vi.advanceTimersByTimeAsync(1000);
    const result = diagnostic.results.value.find(({ check }) => check === 'capture');
    expect(`${result?.state} ${result?.finding}`).toBe(expected);
  });
});
