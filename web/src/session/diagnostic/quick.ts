/** The short test before a conference: at most five seconds, and the least that a conference needs. */
import { DiagnosticApi, type TestRelay } from './api.ts';
import { Bench } from './bench.ts';
import { codecs, secure, webrtc } from './checks/browser.ts';
import { hello } from './checks/control.ts';
import { api } from './checks/servers.ts';
import type { DiagnosticDeps } from './deps.ts';
import { dial, Unreached } from './dial.ts';
import type { CheckName, Outcome, Result } from './result.ts';
import { Sheet } from './sheet.ts';

export type { DiagnosticDeps } from './deps.ts';
export type { Result } from './result.ts';

/** `media` is by whatever way: UDP, TCP or TURN. */
export const quickChecks = [
  'secure',
  'webrtc',
  'codecs',
  'api',
  'websocket',
  'media',
] as const satisfies CheckName[];

/** Together they stay within five seconds. */
const serverPatience = 2000;
const relayPatience = 2800;

/**
 * Tells the results so far after each change, and all of them at the end. Never throws; who stops it
 * finds what was not done as `skipped`.
 */
export async function runQuick(
  deps: DiagnosticDeps,
  onChange: (results: readonly Result[]) => void,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const sheet = new Sheet(deps.timers, quickChecks, onChange);
  const bench = new Bench(deps, new DiagnosticApi(deps));
  await sheet.fill('secure', signal, () => secure(deps));
  const connects = await sheet.fill('webrtc', signal, () => webrtc(deps));
  await sheet.fill('codecs', signal, () => codecs(deps));
  await sheet.fill('api', signal, () => api(bench, serverPatience));
  const [relay] = (await bench.opened())?.relays ?? [];
  if (relay === undefined) {
    const open = (await bench.opened()) !== null;
    const finding = open ? 'needs.relay' : 'needs.server';
    const none: Outcome = { state: 'skipped', finding };
    await sheet.fill('websocket', signal, () => none);
    await sheet.fill('media', signal, () => none);
    return sheet.results;
  }
  await Promise.all([
    sheet.fill('websocket', signal, async () => {
      const token = await bench.token(relay);
      const { took } = await hello(deps, 'websocket', relay, token, signal, relayPatience);
      // There are requests that wait instead.
      if (took === null) return { state: 'warning', finding: 'websocket.shut' };
      return { state: 'passed', finding: 'websocket.open', fill: { took } };
    }),
    sheet.fill('media', signal, () => {
      if (connects.state === 'failed') return { state: 'skipped', finding: 'needs.webrtc' };
      return anyWay(bench, relay, signal);
    }),
  ]);
  return sheet.results;
}

async function anyWay(bench: Bench, relay: TestRelay, signal: AbortSignal): Promise<Outcome> {
  const { iceServers } = relay;
  const token = await bench.token(relay);
  try {
    const call = await dial(
      bench.deps,
      { relay, token, iceServers, relayed: false, keep: () => true, milliseconds: relayPatience },
      signal,
    );
    call.end();
    const { took, way } = call;
    const finding = way === null ? 'media.some' : (`media.${way.kind}` as const);
    return { state: 'passed', finding, fill: { took }, facts: { way: way?.kind ?? '' } };
  } catch (cause) {
    const stage = cause instanceof Unreached ? cause.stage : '';
    return { state: 'failed', finding: 'media.none', facts: { stage } };
  }
}
