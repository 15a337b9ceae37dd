/** Seven guests join one after the other: how long from Submit to the picture. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { untilSeen } from './measure.ts';
import { bond } from './portal.ts';
import { Stage } from './stage.ts';
import { percentile } from './verdict.ts';
import { unexpected } from './watch.ts';

const tag = 9101;

let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Seven joins' });
  const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
afterEach(() => expect(unexpected()).toEqual([]));

test('the picture comes within a second of Submit', async () => {
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    const guest = await stage.guest(conference, { ...bond, name: `Guest ${i + 1}` });
    const pressed = await guest.portal.submit();
    const first = await untilSeen(
      guest.page,
      'picture',
      10_000,
      (sample) => sample.tag === tag,
      pressed,
    );
    times.push(Math.round(first.at - pressed));
    await guest.portal.hand.click('leave');
    await guest.context.close();
  }
  console.log(
    `Submit to first picture, 7 joins: ${times.join(' ')} ms; ` +
      `p50 ${percentile(times, 0.5)} ms, worst ${Math.max(...times)} ms`,
  );
  expect(percentile(times, 0.5)).toBeLessThan(1000);
});
