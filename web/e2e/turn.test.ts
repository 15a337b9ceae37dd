/** A browser that may use nothing but TURN gets the picture. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { steadyPicture, untilSeen, type AnyPage } from './measure.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { Stage } from './stage.ts';
import { describe } from './verdict.ts';
import { unexpected } from './watch.ts';

const tag = 8101;

let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Behind a firewall' });
  const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
afterEach(() => expect(unexpected()).toEqual([]));

/** Runs in a page before its own scripts: leaves a connection one way to the relay. */
function confine(transport: string): void {
  window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, [given]: [RTCConfiguration?]) {
      const iceServers = (given?.iceServers ?? []).map((server) => ({
        ...server,
        urls: [server.urls].flat().filter((url) => url.endsWith(`?transport=${transport}`)),
      }));
      return new target({ ...given, iceServers, iceTransportPolicy: 'relay' });
    },
  });
}

const confined = (transport: string): string => `(${confine})(${JSON.stringify(transport)})`;

/** Runs in a page: by which local candidate the picture comes. */
const route = `(async () => {
  const report = await negotiated.connections.at(-1).getStats();
  const all = [...report.values()];
  const pair = all.find((s) => s.type === 'candidate-pair' && s.state === 'succeeded' && s.nominated);
  const local = report.get(pair?.localCandidateId);
  return local ? local.candidateType + ' ' + local.relayProtocol : 'none';
})()`;

async function seesThrough(page: AnyPage, transport: string, began: number): Promise<void> {
  const seen = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
  const shown = await steadyPicture(page, 3000, { tag, moving: 1500 });
  console.log(`TURN over ${transport}: picture after ${seen.at - began} ms; ${describe(shown)}`);
  expect(shown.faults).toEqual([]);
  expect(await page.evaluate(route)).toBe(`relay ${transport}`);
}

test.each(['udp', 'tcp'])('Chromium sees through TURN over %s', async (transport) => {
  const context = await person(await stage.audience());
  await context.addInitScript(confined(transport));
  const page = await open(context, bond.name);
  const portal = new Portal(chromiumHand(page));
  await portal.enter(stage.server.origin, conference, bond);
  const began = Date.now();
  await portal.submit();
  await seesThrough(page, transport, began);
  await context.close();
});
