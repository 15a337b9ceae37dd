/** A browser in a network without IPv4 gets the picture through TURN, whose relayed addresses are IPv4. */
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { steadyPicture, untilSeen } from './measure.ts';
import { Network, withoutNetwork } from './network.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { Stage } from './stage.ts';
import { describe } from './verdict.ts';
import { unexpected } from './watch.ts';

const tag = 8601;

/** Runs in a page before its own scripts: leaves TURN alone, by this address, as a name would give it. */
function rename([transport, host]: [string, string]): void {
  window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
    construct(target, [given]: [RTCConfiguration?]) {
      const iceServers = (given?.iceServers ?? []).map((server) => ({
        ...server,
        urls: [server.urls]
          .flat()
          .filter((url) => url.endsWith(`?transport=${transport}`))
          .map((url) => url.replace(/^turn:[0-9.]+:/, `turn:[${host}]:`)),
      }));
      return new target({ ...given, iceServers, iceTransportPolicy: 'relay' });
    },
  });
}

group.skipIf(withoutNetwork())('a viewer without IPv4', () => {
  let network: Network;
  let stage: Stage;
  let conference: Conference;
  let host: string;

  beforeAll(async () => {
    network = Network.open();
    host = network.onlyIPv6();
    stage = await Stage.open();
    await network.door(stage.server.port, host);
    conference = await stage.server.conference({ name: 'The other family' });
    const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
    await presenter.portal.share();
  });

  afterAll(async () => {
    await stage?.close();
    network?.close();
  });
  afterEach(() => expect(unexpected()).toEqual([]));

  test.each(['udp', 'tcp'])('sees through TURN over %s', async (transport) => {
    const browser = await stage.browser({
      program: network.program,
      args: [`--host-resolver-rules=MAP localhost [${host}]`],
    });
    const context = await person(browser);
    await context.addInitScript(`(${rename})(${JSON.stringify([transport, host])})`);
    const page = await open(context, bond.name);
    const portal = new Portal(chromiumHand(page));
    await portal.enter(stage.server.origin, conference, bond);
    const began = Date.now();
    await portal.submit();
    const seen = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
    const shown = await steadyPicture(page, 3000, { tag, moving: 1500 });
    console.log(
      `IPv6, TURN over ${transport}: picture after ${seen.at - began} ms; ${describe(shown)}`,
    );
    expect(shown.faults).toEqual([]);
    await context.close();
  });
});
