/**
 * Takes a picture of every page in every look:
 * `COOPNET_SCREENSHOTS=FOLDER npm run e2e`
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, test } from 'vitest';
import type { Conference } from './harness.ts';
import { open, person } from './chromium.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { report, send } from './reports.ts';
import { Stage } from './stage.ts';
import { looks, tour } from './tour.ts';
import { pause, until } from './wait.ts';

const folder = process.env.COOPNET_SCREENSHOTS!;
const tag = 8201;

let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Project Neptune' });
  const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());

/** What somebody would share: the picture in README.md is made here. */
const slide = `<!doctype html><title>Coopnet pattern ${tag + 1}</title><style>
  body { margin: 0; height: 100vh; display: grid; grid-template-rows: auto 1fr auto; font: 22px "DejaVu Sans", sans-serif;
    color: #14212b; background: #fff; padding: 48px 64px; box-sizing: border-box; gap: 28px }
  h1 { font-size: 44px; margin: 0; color: #0f5e6b } h1 small { color: #5d6d78; font-size: 24px; font-weight: 400 }
  main { display: grid; grid-template-columns: 1.1fr 1fr; gap: 56px; align-items: center }
  table { border-collapse: collapse; width: 100% } td, th { padding: 12px 10px; border-bottom: 1px solid #d5dde2; text-align: right }
  td:first-child, th:first-child { text-align: left } th { color: #5d6d78; font-weight: 400 }
  svg { width: 100% } footer { color: #5d6d78; font-size: 18px }
</style><h1>Project Neptune <small>delivery plan, second half</small></h1><main><table>
<tr><th>Work package<th>Planned<th>Done<th>Left</tr>
<tr><td>Survey of the sites<td>120 d<td>120 d<td>0 d</tr><tr><td>Network, phase 1<td>340 d<td>295 d<td>45 d</tr>
<tr><td>Network, phase 2<td>280 d<td>96 d<td>184 d</tr><tr><td>Training<td>60 d<td>22 d<td>38 d</tr>
<tr><td>Acceptance<td>45 d<td>0 d<td>45 d</tr></table>
<svg viewBox="0 0 400 300">${[120, 295, 96, 22, 4]
  .map((h, i) => `<rect x="${20 + i * 76}" y="${280 - h * 0.8}" width="52" height="${h * 0.8}" rx="4" fill="${i % 2 ? '#e8873d' : '#0f5e6b'}"/>`)
  .join('')}<path d="M8 281h384" stroke="#5d6d78"/></svg></main>
<footer>Neptune steering group · figures in person days</footer>`;

test('readme', async () => {
  const shown = await stage.server.conference({ name: 'Project Neptune, steering group' });
  const speaker = await stage.presenter(shown, { tag: tag + 1, name: 'Paul Martin' });
  await speaker.pattern.setContent(slide);
  await speaker.portal.share('Delivery plan');
  const context = await person(await stage.audience(), looks.at(4)!.options);
  const page = await open(context, 'readme');
  const portal = new Portal(chromiumHand(page));
  await portal.enter(stage.server.origin, shown, bond);
  await portal.submit();
  await portal.state('live');
  await page.mouse.move(640, 20);
  await pause(3000); // the encoder sharpens a still picture
  await page.screenshot({ path: join(folder, 'readme.png') });
});

test.each(looks)('$name', async (look) => {
  await tour(stage, conference, tag, look, async (name, page) => {
    await page.screenshot({
      path: join(folder, `${look.name}-${name}.png`),
      fullPage: name !== 'tool',
    });
  });
});

test.each(looks)('the door and the desk, $name', async (look) => {
  const take = (name: string, page: Page, fullPage = true) =>
    page.screenshot({ path: join(folder, `${look.name}-${name}.png`), fullPage });
  const lobby = await stage.server.conference({ name: `Door ${look.name}`, guestPolicy: 'lobby' });
  const [outside, inside, support] = await Promise.all(
    ['lobby', 'door', 'desk'].map(async (name) =>
      open(await person(await stage.audience(), look.options), name),
    ),
  );
  const guest = new Portal(chromiumHand(outside!));
  await guest.enter(stage.server.origin, lobby, bond);
  await guest.submit();
  await guest.reach('lobby');
  await take('lobby', outside!);

  const colleague = new Portal(chromiumHand(inside!));
  const link = await stage.server.invitation(lobby, 'Ada Lovelace');
  await colleague.enterByLink(link, { ...bond, name: 'Ada Lovelace' });
  await colleague.submit();
  await until('somebody knocks', 10_000, async () => (await colleague.facts('knock')).length === 1);
  await take('door', inside!, false);

  await support!.goto(`${stage.server.origin}/support`);
  const code = await send(support!, report, { result: 'failed', failed: ['udp'], name: 'Ada', client: 'Chromium' });
  await support!.goto(`${stage.server.origin}/support/desk`);
  await take('desk-key', support!);
  await support!.getByTestId('desk-key').fill(stage.server.supportKey);
  await support!.getByTestId('desk-sign-in').click();
  await support!.locator(`[data-code="${code}"][data-testid="desk-row"]`).waitFor();
  await take('desk', support!);
  await support!.getByTestId('desk-code').fill(code);
  await support!.keyboard.press('Enter');
  await support!.locator(`[data-testid="desk-report"][data-code="${code}"]`).waitFor();
  await take('desk-report', support!);
  await Promise.all([outside, inside, support].map((page) => page!.context().close()));
});
