/** A viewer on a narrow, lossy, far way reads the text soon after it changes, and nobody else notices. */
import { afterAll, afterEach, beforeAll, describe as group, expect, onTestFinished, test } from 'vitest';
import { Distance } from './distance.ts';
import type { Conference } from './harness.ts';
import { frozenFor, legibleAfter, samplesSince, untilSeen } from './measure.ts';
import { Network, withoutNetwork } from './network.ts';
import { Stage, type Attendee, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { pause, until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 6301;

group.skipIf(withoutNetwork())('on a difficult way', () => {
  let network: Network;
  let stage: Stage;
  let distance: Distance;
  let conference: Conference;
  let presenter: Presenter;
  let open: Attendee;
  let page = 0;

  beforeAll(async () => {
    network = Network.open();
    stage = await Stage.open({ media: '127.0.0.1:0', args: ['--public-ip', network.host] });
    distance = await Distance.open(stage.server.mediaPort, network.host, (to) => network.has(to));
    await network.door(stage.server.port);
    conference = await stage.server.conference({ name: 'Difficult way' });
    presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
    await presenter.portal.share();
    open = await stage.guest(conference);
    await open.portal.submit();
    await untilSeen(open.page, 'picture', 10_000, (sample) => sample.tag === tag);
  });

  afterAll(async () => {
    await stage?.close();
    distance?.close();
    network?.close();
  });
  afterEach(() => expect(unexpected()).toEqual([]));

  /** Whether the presenter's browser sends the low picture beside the full one. */
  const sendsLow = (): Promise<boolean> =>
    presenter.page.evaluate(async () => {
      const report = [...(await window.negotiated.connections.at(-1)!.getStats()).values()];
      return report.filter((s) => s.type === 'outbound-rtp' && s.active && s.kind === 'video').length === 2;
    });

  test.each([
    { way: '5 % loss, 100 ms', rate: 50_000_000, loss: 0.05, delay: 100, first: 3000 },
    { way: '300 kbit/s', rate: 300_000, loss: 0, delay: 0, first: 6000 },
    { way: '300 kbit/s, 5 % loss, 100 ms', rate: 300_000, loss: 0.05, delay: 100, first: 6000 },
  ])('$way', { timeout: 90_000 }, async ({ way, rate, loss, delay, first }) => {
    network.narrow({ rate, loss });
    distance.delay = delay;
    const browser = await stage.browser({ program: network.program, args: network.args });
    const far = await stage.guest(conference, undefined, browser);
    onTestFinished(async () => {
      // Not by the browser's end, which says no goodbye: the relay would fill the next test's way.
      await far.context.close();
      network.widen();
    });
    const pressed = await far.portal.submit();
    const seen = await untilSeen(far.page, 'picture', 12_000, ({ tag: t }) => t === tag, pressed);
    console.log(`${way}: picture after ${(seen.at - pressed).toFixed(0)} ms`);
    if (rate < 500_000) {
      await until('the presenter sends the low picture', 10_000, sendsLow);
    }
    await pause(5000); // the estimate and the low picture settle

    const start = Date.now();
    const turns: number[] = [];
    for (let n = 0; n < 2; n++) {
      turns.push(await legibleAfter(far.page, presenter.pattern, ++page, 10_000));
      await pause(5000);
    }
    const span = Date.now() - start;
    const shown = await samplesSince(far.page, start);
    const frozen = frozenFor(shown) / span;
    const others = judge(await samplesSince(open.page, start), { tag, moving: 1500 });
    console.log(
      `${way}: pages legible after ${turns.join(', ')} ms, frozen ${(100 * frozen).toFixed(1)} % of the time\n` +
        `  there ${describe(judge(shown, { tag, moving: 3000 }))}\n  elsewhere ${describe(others)}`,
    );
    if (loss > 0) expect(network.dropped()).toBeGreaterThan(10);
    expect(seen.at - pressed).toBeLessThan(first);
    expect(Math.max(...turns)).toBeLessThan(3000);
    expect(frozen).toBeLessThan(0.02);
    expect(others.faults).toEqual([]);
  });
});
