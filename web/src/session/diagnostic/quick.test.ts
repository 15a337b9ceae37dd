import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quickChecks, runQuick, type Result } from './quick.ts';
import { World, type Broken } from './testing/world.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Ran {
  world: World;
  told: (readonly Result[])[];
  said: string[];
  took: number;
}

async function run(broken: Partial<Broken> = {}, stopAfter = Infinity): Promise<Ran> {
  const world = new World(broken);
  const told: (readonly Result[])[] = [];
  const abort = new AbortController();
  if (Number.isFinite(stopAfter)) setTimeout(() => abort.abort(), stopAfter);
  const begun = performance.now();
  let took = 0;
  const running = runQuick(world.deps, (results) => told.push(results), abort.signal).then(
    (all) => {
      took = performance.now() - begun;
      return all;
    },
  );
  await vi.advanceTimersByTimeAsync(20_000);
  const results = await running;
  const said = results.map(({ state, finding }) => `${state} ${finding}`);
  return { world, told, said, took };
}

it('finds everything right', async () => {
  const { world, told, said, took } = await run();
  expect(said).toEqual([
    'passed secure.yes',
    'passed webrtc.yes',
    'passed codecs.all',
    'passed api.quick',
    'passed websocket.open',
    'passed media.udp',
  ]);
  expect(took).toBeLessThan(1000);
  expect(told[0]?.map(({ state }) => state)).toEqual(['running', ...Array(5).fill('waiting')]);
  expect(told.at(-1)?.map(({ check }) => check)).toEqual([...quickChecks]);
  // Whatever was opened is given back.
  expect(world.open).toBe(0);
  expect(world.asked.filter((call) => call.startsWith('DELETE'))).toHaveLength(1);
});

it.each<[string, Partial<Broken>, string[]]>([
  ['an insecure page', { secure: false }, ['failed secure.no']],
  ['a browser without WebRTC', { webrtc: 'none' }, ['failed webrtc.no', 'skipped needs.webrtc']],
  ['WebRTC switched off', { webrtc: 'off' }, ['failed webrtc.off', 'skipped needs.webrtc']],
  ['no format', { decodes: [] }, ['failed codecs.none']],
  ['nothing to send with', { encodes: ['rtx'] }, ['warning codecs.watch']],
  ['a silent server', { api: 'silent' }, ['failed api.silent', 'skipped needs.server']],
  ['a server that hangs', { api: 'hangs' }, ['failed api.silent', 'skipped needs.server']],
  ['a busy server', { api: 'busy' }, ['warning api.refused', 'skipped needs.server']],
  ['no network', { online: false }, ['failed api.offline', 'skipped needs.server']],
  ['no WebSocket', { websocket: false }, ['warning websocket.shut', 'passed media.udp']],
  ['no UDP', { ways: ['tcp', 'turns'] }, ['passed media.tcp']],
  ['TLS only', { ways: ['turns'] }, ['passed media.turn-tls']],
  ['no way', { ways: [] }, ['passed websocket.open', 'failed media.none']],
  ['a silent relay', { silent: ['eu-1'] }, ['failed media.none']],
])('%s is said, within five seconds', async (_, broken, findings) => {
  const { world, said, took } = await run(broken);
  expect(said).toEqual(expect.arrayContaining(findings));
  expect(took).toBeLessThanOrEqual(5000);
  expect(world.open).toBe(0);
});

it('has no server to ask where no relay is there', async () => {
  const { said } = await run({ relays: [] });
  expect(said.slice(3)).toEqual(['passed api.quick', 'skipped needs.relay', 'skipped needs.relay']);
});

it('stops at once', async () => {
  const { said, took } = await run({ ways: [] }, 100);
  expect(took).toBeLessThan(200);
  expect(said.at(-1)).toBe('skipped stopped');
});
