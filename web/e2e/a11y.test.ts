/** Everybody can use it: no barrier that axe knows, on any page; the keyboard alone is enough. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { press, write } from './keyboard.ts';
import { untilSeen } from './measure.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { readerScript } from './reader.ts';
import { calm, Stage, type Presenter } from './stage.ts';
import { both } from './looks.ts';
import { areas, play } from './scenes.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8101;
let stage: Stage;
let conference: Conference;
let presenter: Presenter;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Open to all', welcome: 'Welcome.' });
  presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
// A guest is refused once on purpose.
afterEach(() =>
  expect(unexpected(/status of 403 .*\/api\/v1\/admissions/)).toEqual([]),
);

test.each(both)('no barrier on any page: $name', async (look) => {
  const found: string[] = [];
  for (const area of (await areas()).values()) {
    if (!area.checked) continue;
    await play(area, { stage, look, conference, tag }, async ({ name }, page) => {
      found.push(...(await barriers(`${look.name} ${name}`, page)));
      const { language, overflow } = await page.evaluate(() => ({
        language: document.documentElement.lang,
        overflow: document.documentElement.scrollWidth - innerWidth,
      }));
      if (language !== look.options.locale!.slice(0, 2)) found.push(`${name}: lang is ${language}`);
      if (overflow > 0) found.push(`${look.name} ${name}: ${overflow} px wider than the screen`);
    });
  }
  expect(found).toEqual([]);
});

test('no barrier for the presenter, whose focus stays where the work is', async () => {
  const { page, portal } = presenter;
  const focusOn = (id: string): Promise<boolean> =>
    until(`the focus on ${id}`, 3000, () =>
      page.evaluate(
        (wanted) => (document.activeElement as HTMLElement).dataset['testid'] === wanted,
        id,
      ),
    );
  // The button that was pressed with the mouse has the focus, unseen: the keyboard begins at the top.
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  const found = await barriers('sharing', page);
  await press(page, 'stop-share');
  await portal.shareState('idle');
  await focusOn('share-button');
  await page.keyboard.press('Enter');
  await portal.reach('share-start');
  found.push(...(await barriers('share dialog', page)));
  await page.keyboard.press('Escape');
  await until('the dialog is gone', 5000, async () => (await page.$('dialog')) === null);
  await focusOn('share-button');
  await page.keyboard.press('Enter');
  await portal.reach('share-start');
  await press(page, 'share-start');
  await portal.shareState('live');
  await focusOn('stop-share');
  expect(found).toEqual([]);
});

test('the keyboard alone leads to the picture and out again', async () => {
  const context = await person(await stage.audience());
  const page = await open(context, 'keyboard', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await portal.reach('participate');
  await write(page, 'name', conference.name);
  await write(page, 'password', conference.password);
  await page.keyboard.press('Enter');
  await portal.reach('identify-submit');
  await write(page, 'title', bond.title);
  await write(page, 'fullname', bond.name);
  await write(page, 'email', bond.email);
  await press(page, 'remember', 'Space');
  await press(page, 'identify-submit');
  await portal.reach('choice-browser');
  await press(page, 'choice-browser');
  await portal.reach('submit');
  await page.evaluate(readerScript());
  await press(page, 'submit');
  await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
  // The rest of the tool comes after the picture.
  await portal.reach('actual');
  await press(page, 'actual');
  await press(page, 'language');
  await press(page, 'theme');
  await press(page, 'leave');
  await page.waitForURL((url) => url.pathname !== '/tool');
  await press(page, 'disconnect');
  await page.getByTestId('disconnect').waitFor({ state: 'hidden' });
  await context.close();
});
