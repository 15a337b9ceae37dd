/** Where no UDP comes through and there is no TURN, the picture comes over TCP. */
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { offered, route } from './candidates.ts';
import { launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { steadyPicture, untilSeen, type AnyPage } from './measure.ts';
import { Network, withoutNetwork } from './network.ts';
import { bond, firefoxHand, Portal } from './portal.ts';
import { calm, Stage } from './stage.ts';
import { describe } from './verdict.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8201;
const inside = 8202;

group.skipIf(withoutNetwork())('over TCP', () => {
  let network: Network;
  let stage: Stage;
  let conference: Conference;

  beforeAll(async () => {
    network = Network.open();
    stage = await Stage.open({ media: `${network.host}:0`, args: ['--turn', ''] });
    await network.door(stage.server.port);
    await network.door(stage.site.port);
    conference = await stage.server.conference({ name: 'Without UDP' });
    const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm });
    await presenter.portal.share();
  });

  afterAll(async () => {
    await stage?.close();
    network?.close();
  });

  afterEach(() => expect(unexpected()).toEqual([]));

  const behind = () => stage.browser({ program: network.program, args: network.args });

  async function sees(who: string, page: AnyPage, began: number, shown = tag): Promise<void> {
    const seen = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === shown);
    const verdict = await steadyPicture(page, 3000, { tag: shown, moving: 1500 });
    console.log(`${who}: picture after ${seen.at - began} ms; ${describe(verdict)}`);
    expect(verdict.faults).toEqual([]);
    expect(await page.evaluate(route)).toMatch(/^(host|prflx) tcp$/);
  }

  test('Chromium sees', async () => {
    const { page, portal } = await stage.guest(conference, bond, await behind());
    network.cut('udp');
    try {
      const began = Date.now();
      await portal.submit();
      await sees('Chromium', page, began);
      expect(network.dropped()).toBeGreaterThan(0);
    } finally {
      network.heal();
    }
    await page.context().close();
  });

  test('Chromium goes on when UDP ends in the middle', async () => {
    const { page, portal } = await stage.guest(conference, bond, await behind());
    await portal.submit();
    await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
    await until('UDP is chosen', 10_000, async () => /udp$/.test(String(await page.evaluate(route))));
    network.cut('udp');
    try {
      const cut = Date.now();
      const again = await untilSeen(page, 'the picture again', 20_000, (sample) => {
        return sample.tag === tag && sample.time! >= cut + 500;
      });
      expect(network.dropped()).toBeGreaterThan(0);
      console.log(`UDP ended: the picture went on after ${again.at - cut} ms`);
      await sees('Chromium', page, cut);
    } finally {
      network.heal();
    }
    await page.context().close();
  });

  test('Chromium shares', async () => {
    const { page, portal } = await stage.guest(conference);
    await portal.submit();
    await untilSeen(page, 'first picture', 10_000, (sample) => sample.tag === tag);
    const options = { program: network.program, args: network.args };
    const presenter = await stage.presenter(conference, { tag: inside, name: 'Ida Inside', pace: calm }, options);
    network.cut('udp');
    try {
      await presenter.portal.share();
      await untilSeen(page, 'the picture from inside', 10_000, (sample) => sample.tag === inside);
      const verdict = await steadyPicture(page, 3000, { tag: inside, moving: 1500 });
      console.log(`shared from inside: ${describe(verdict)}`);
      expect(verdict.faults).toEqual([]);
      expect(network.dropped()).toBeGreaterThan(0);
      const routes = await presenter.page.evaluate(
        `Promise.all(negotiated.connections.filter((c) => c.connectionState === 'connected').map((c) =>
          ((negotiated) => ${route})({ connections: [c] })))`,
      );
      expect(routes).toContain('prflx tcp');
    } finally {
      network.heal();
    }
    await presenter.context.close();
    await page.context().close();
  });

  test('Firefox sees, when it knows no address but that of TCP', async () => {
    const firefox = await launchFirefox();
    try {
      const page = await openFirefox(firefox, 'guest in Firefox');
      await page.evaluateOnNewDocument(offered('tcp'));
      const portal = new Portal(firefoxHand(page));
      await portal.enter(stage.server.origin, conference, bond);
      const began = Date.now();
      await portal.submit();
      await sees('Firefox', page, began);
    } finally {
      await firefox.close();
    }
  });
});
