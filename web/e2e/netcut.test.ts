/** A viewer loses the network, and the picture comes back by itself. */
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import { offered } from './candidates.ts';
import { open, person } from './chromium.ts';
import { rectOf } from './easel.ts';
import type { Conference } from './harness.ts';
import { pictureSince, steadyPicture, untilSeen, watchPicture } from './measure.ts';
import { Network, withoutNetwork } from './network.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { calm, Stage, type Attendee } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { pause } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 5201;
const demand = { tag, moving: 1000, latency: 1000 };

group.skipIf(withoutNetwork())('the viewer', () => {
  let network: Network;
  let stage: Stage;
  let conference: Conference;
  let viewer: Attendee;

  beforeAll(async () => {
    network = Network.open();
    // Neither TURN nor the relay's TCP: a network that lets no UDP out would let the picture through there.
    stage = await Stage.open({ media: `${network.host}:0`, args: ['--turn', ''] });
    await network.door(stage.server.port);
    conference = await stage.server.conference({ name: 'Far away' });
    const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm });
    await presenter.portal.share();
    const browser = await stage.browser({ program: network.program, args: network.args });
    const context = await person(browser);
    await context.addInitScript(offered('udp'));
    const page = await open(context, bond.name);
    viewer = { context, page, portal: new Portal(chromiumHand(page)) };
    await viewer.portal.enter(stage.server.origin, conference, bond);
    await viewer.portal.submit();
    await untilSeen(viewer.page, 'picture', 10_000, (sample) => sample.tag === tag);
  });

  afterAll(async () => {
    await stage?.close();
    network?.close();
  });

  // A browser writes into the console what it could not load while it had no network.
  afterEach(() => expect(unexpected(/net::ERR_|WebSocket connection/)).toEqual([]));

  test.each([
    { what: 'everything', seconds: 5 },
    { what: 'udp', seconds: 5 },
    { what: 'udp', seconds: 20 },
  ] as const)('has the picture back after $seconds s without $what', async ({ what, seconds }) => {
    await viewer.portal.hand.click('nearer');
    await viewer.page.getByTestId('view').focus();
    await viewer.page.keyboard.press('ArrowRight');
    const place = await rectOf(viewer.page, 'video');
    const good = await steadyPicture(viewer.page, 2000, demand);
    expect(good.faults).toEqual([]);

    network.cut(what);
    let told = '';
    try {
      await pause(seconds * 1000);
      expect(network.dropped()).toBeGreaterThan(0);
      // The last picture stays in sight.
      const since = judge(await watchPicture(viewer.page, 500), { ...demand, moving: 400 });
      expect(since.faults).toContain('frozen');
      expect(since.tags).toEqual([tag]);
      told = (await viewer.portal.facts('tool-state'))[0]?.['state'] ?? '';
    } finally {
      network.heal();
    }
    const back = await pictureSince(viewer.page, tag, Date.now());
    await viewer.portal.state('live');
    const after = await steadyPicture(viewer.page, 3000, demand);
    console.log(
      `${seconds} s without ${what}: back after ${back} ms, was told "${told}"; ${describe(after)}`,
    );
    expect(told).toBe('reconnecting');
    // Zoom and place are this person's, whatever becomes of the connection.
    expect(await rectOf(viewer.page, 'video')).toEqual(place);
    expect(after.faults).toEqual([]);
  });
});
