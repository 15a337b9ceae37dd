/** A presenter loses the network: the share goes on without a new choice, or ends cleanly. */
import { afterAll, afterEach, beforeAll, describe as group, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { pictureSince, steadyPicture, untilSeen, watchPicture } from './measure.ts';
import { Network, withoutNetwork } from './network.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { pause, until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 5301;

group.skipIf(withoutNetwork())('the presenter', () => {
  let network: Network;
  let stage: Stage;
  let conference: Conference;
  let presenter: Presenter;
  let viewer: Attendee;

  beforeAll(async () => {
    network = Network.open();
    stage = await Stage.open({ media: `${network.host}:0` });
    await network.door(stage.server.port);
    await network.door(stage.site.port);
    conference = await stage.server.conference({ name: 'From afar' });
    const inside = { program: network.program, args: network.args };
    presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm }, inside);
    await presenter.portal.share();
    viewer = await stage.guest(conference);
    await viewer.portal.submit();
    await untilSeen(viewer.page, 'picture', 10_000, (sample) => sample.tag === tag);
  });

  afterAll(async () => {
    await stage?.close();
    network?.close();
  });

  // A browser writes into the console what it could not load while it had no network.
  afterEach(() => expect(unexpected(/net::ERR_|WebSocket connection/)).toEqual([]));

  const facts = async () => (await viewer.portal.facts('tool-state'))[0] ?? {};

  test.each([
    { seconds: 5, same: true },
    { seconds: 15, same: false },
  ])('shares on after $seconds s without a network', async ({ seconds, same }) => {
    await viewer.portal.state('live');
    const share = (await facts())['share'];
    network.cut('everything');
    try {
      const lost = Date.now();
      await viewer.portal.state('frozen', 6000);
      expect(await facts()).toMatchObject({ state: 'frozen', reason: 'presenter' });
      await pause(seconds * 1000 - (Date.now() - lost));
      expect(network.dropped()).toBeGreaterThan(0);
      // The last picture stays in sight.
      expect(judge(await watchPicture(viewer.page, 500), { tag, moving: false }).tags).toEqual([tag]);
    } finally {
      network.heal();
    }
    const back = await pictureSince(viewer.page, tag, Date.now());
    await viewer.portal.state('live');
    await presenter.portal.shareState('live');
    const after = await steadyPicture(viewer.page, 3000, { tag, moving: 1000 });
    console.log(`${seconds} s: back after ${back} ms; ${describe(after)}`);
    expect(after.faults).toEqual([]);
    const shares = await viewer.portal.facts('share');
    expect(shares).toHaveLength(1);
    expect((await facts())['share'] === share).toBe(same);
  });

  test('ends cleanly after 40 s without a network', async () => {
    network.cut('everything');
    try {
      await presenter.portal.shareState('ended', 30_000);
      await until('viewers are told', 15_000, async () => {
        const { state, reason } = await facts();
        return state === 'waiting' && reason === 'stopped';
      });
    } finally {
      network.heal();
    }
    // The presenter is back in the conference, and nothing is shared by surprise.
    await presenter.portal.state('waiting', 20_000);
    await pause(2000);
    expect(await viewer.portal.facts('share')).toEqual([]);
    await viewer.portal.state('waiting');
  });
});
