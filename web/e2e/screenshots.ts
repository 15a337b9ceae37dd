/**
 * Takes a picture of every scene in every look, and writes a page that shows them: `make screenshots`, or
 * `COOPNET_SCREENSHOTS=FOLDER npm run e2e`; COOPNET_SCENES=desk,door takes those areas alone.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { open, person } from './chromium.ts';
import { gallery, type Picture } from './gallery.ts';
import type { Conference } from './harness.ts';
import { pictured } from './looks.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { areas, play } from './scenes.ts';
import { Stage } from './stage.ts';
import { pause } from './wait.ts';

const folder = process.env.COOPNET_SCREENSHOTS!;
const wanted = process.env.COOPNET_SCENES?.split(',').filter(Boolean) ?? [];
const tag = 8201;
const all = [...(await areas())].filter(([name]) => wanted.length === 0 || wanted.includes(name));
const pictures: Picture[] = [];

let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Project Neptune', title: 'Project Neptune, steering group' });
  const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(async () => {
  writeFileSync(join(folder, 'index.html'), gallery(pictures));
  await stage?.close();
});

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

test.skipIf(wanted.length > 0)('readme', async () => {
  const shown = await stage.server.conference({ name: 'Neptune, steering group', title: 'Project Neptune' });
  const speaker = await stage.presenter(shown, { tag: tag + 1, name: 'Paul Martin' });
  await speaker.pattern.setContent(slide);
  await speaker.portal.share('Delivery plan');
  const context = await person(await stage.audience(), pictured[0]!.options);
  const page = await open(context, 'readme');
  const portal = new Portal(chromiumHand(page));
  await portal.enter(stage.server.origin, shown, bond);
  await portal.submit();
  await portal.state('live');
  await page.mouse.move(640, 20);
  await pause(3000); // the encoder sharpens a still picture
  await page.screenshot({ path: join(folder, 'readme.png') });
});

const played = all.flatMap(([name, area]) => pictured.map((look) => ({ name, area, look })));

test.each(played)('$name, $look.name', async ({ area, look }) => {
  await play(area, { stage, look, conference, tag }, async (scene, page) => {
    if (look.dark && !scene.dark) return;
    // Where the last button was pressed there may be another now, with its tooltip.
    await page.mouse.move(0, 0);
    await page.locator('.tooltip').first().waitFor({ state: 'hidden', timeout: 1000 }).catch(() => {});
    const file = `${scene.name}-${look.name}.png`;
    await page.screenshot({ path: join(folder, file), fullPage: !scene.window });
    pictures.push({ area: area.title, scene: scene.name, look: look.name, file });
  });
});
