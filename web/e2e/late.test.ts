/** Who comes late, who presents next, and which of several shares is seen. */
import type { Browser as Firefox, Page as FirefoxPage } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { negotiations, reference, sharpness, steadyPicture, untilSeen, watchPicture } from './measure.ts';
import { bond, firefoxHand, Portal } from './portal.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { pause, until } from './wait.ts';
import { unexpected } from './watch.ts';

const first = 2101;
const second = 2102;

let stage: Stage;
let conference: Conference;
let ada: Presenter;
let viewer: Attendee;
let firefox: Firefox;
let fox: FirefoxPage;
let inFirefox: Portal;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Late arrivals' });
  ada = await stage.presenter(conference, { tag: first, name: 'Ada First', still: true });
});

afterAll(async () => {
  await firefox?.close();
  await stage?.close();
});
afterEach(() => expect(unexpected()).toEqual([]));

/** Somebody who leaves is gone from the list. */
async function comesAndGoes(): Promise<void> {
  const other = await stage.guest(conference, { ...bond, name: 'Eve Moneypenny' });
  await other.portal.submit();
  const names = async (): Promise<string> => (await ada.portal.texts('participant')).join('\n');
  await until('she is listed', 5000, async () => (await names()).includes('Eve Moneypenny'));
  await other.portal.hand.click('leave');
  await until('she is gone', 10_000, async () => !(await names()).includes('Eve Moneypenny'));
  await other.context.close();
}

test('a late viewer of a page on which nothing has moved for 30 s gets the picture', async () => {
  await ada.portal.share();
  const still = Date.now();
  // Others come and go meanwhile, and the next guests get as far as Submit.
  await comesAndGoes();
  firefox = await launchFirefox();
  fox = await openFirefox(firefox, 'late in Firefox');
  inFirefox = new Portal(firefoxHand(fox));
  await inFirefox.enter(stage.server.origin, conference, { ...bond, name: 'Felix Leiter' });
  viewer = await stage.guest(conference);
  await pause(30_000 - (Date.now() - still));
  expect(await ada.pattern.evaluate(() => window.pattern.drawn())).toBe(1);
  const pressed = await viewer.portal.submit();
  const picture = await untilSeen(
    viewer.page,
    'still picture',
    5000,
    ({ tag }) => tag === first,
    pressed,
  );
  const sharp = await until('the still picture is sharp', 5000, async () => {
    const seen = await sharpness(viewer.page, await reference(ada.pattern));
    return seen.psnr >= 30 && seen.confused === '' && seen;
  });
  await viewer.portal.state('live');
  // It stays: a still picture is neither lost nor called frozen.
  expect(
    judge(await watchPicture(viewer.page, 3000), { tag: first, moving: false }).faults,
  ).toEqual([]);
  await viewer.portal.state('live', 0);
  console.log(
    `late viewer: ${(picture.at - pressed).toFixed(0)} ms from Submit to the still picture, ` +
      `PSNR ${sharp.psnr.toFixed(1)} dB`,
  );
});

test('a late viewer in Firefox gets it too, and a page that stays still stays live', async () => {
  const portal = inFirefox;
  const pressed = await portal.submit();
  await untilSeen(fox, 'still picture', 10_000, ({ tag }) => tag === first, pressed);
  await portal.state('live');
  // Whatever the tool says in the next seconds: nothing moves, and nothing is wrong.
  const told = new Set<string>();
  for (const end = Date.now() + 10_000; Date.now() < end; await pause(200)) {
    for (const who of [portal, viewer.portal]) {
      told.add((await who.facts('tool-state'))[0]?.['state'] ?? 'nothing');
    }
  }
  expect([...told]).toEqual(['live']);
});

test('the presenter stops and another starts: viewers follow without renegotiation', async () => {
  const foxBefore = await negotiations(fox);
  const before = await negotiations(viewer.page);
  const grace = await stage.presenter(conference, { tag: second, name: 'Grace Second', pace: calm });
  const posts: string[] = [];
  viewer.page.on('request', (request) => {
    if (/\/(whep|whip)/.test(request.url())) posts.push(`${request.method()} ${request.url()}`);
  });

  await ada.portal.hand.click('stop-share');
  await ada.portal.shareState('idle');
  await viewer.portal.state('waiting');
  await grace.portal.share();
  const live = Date.now();
  const switched = await untilSeen(
    viewer.page,
    'second picture',
    10_000,
    ({ tag }) => tag === second,
  );
  await viewer.portal.state('live');
  const seen = await steadyPicture(viewer.page, 3000, { tag: second, moving: 1000 });
  console.log(`after the change: ${switched.at - live} ms; ${describe(seen)}`);
  expect(seen.faults).toEqual([]);
  expect(await negotiations(viewer.page)).toEqual(before);
  expect(posts).toEqual([]);
  await untilSeen(fox, 'second picture in Firefox', 10_000, ({ tag }) => tag === second);
  expect(await negotiations(fox)).toEqual(foxBefore);
  await firefox.close();

  // Both share; the guest picks one and then follows again.
  await ada.pattern.evaluate(() => window.pattern.still(false));
  await ada.portal.share('Second screen');
  await untilSeen(viewer.page, 'the newer share', 10_000, ({ tag }) => tag === first);
  const shares = await until('two shares are listed', 5000, async () => {
    const listed = await viewer.portal.facts('share');
    return listed.length === 2 && listed;
  });
  const watched = shares.findIndex((share) => share['viewed'] === 'false');
  await viewer.page.getByTestId('share').nth(watched).getByRole('button').click();
  await untilSeen(viewer.page, 'the picked share', 10_000, ({ tag }) => tag === second);
  await until('the list says so', 5000, async () => {
    const listed = await viewer.portal.facts('share');
    return listed[watched]?.['viewed'] === 'true';
  });
  const picked = await steadyPicture(viewer.page, 2000, { tag: second, moving: 1000 });
  expect(picked.faults).toEqual([]);
  await viewer.portal.hand.click('follow');
  await untilSeen(viewer.page, "the conference's share", 10_000, ({ tag }) => tag === first);
  expect(await negotiations(viewer.page)).toEqual(before);
  expect(posts).toEqual([]);

  // The share that is seen stops: the other one takes its place.
  await ada.portal.hand.click('stop-share');
  await untilSeen(viewer.page, 'the remaining share', 10_000, ({ tag }) => tag === second);
  await grace.context.close();
  await viewer.portal.state('waiting', 15_000);
});
