/** Every page is quick and open to all, as Lighthouse judges; the first one is small. */
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { judgePage, launchForLighthouse } from './lighthouse.ts';
import { bond, firefoxHand, Portal } from './portal.ts';
import { Stage } from './stage.ts';
import { until } from './wait.ts';

const enough = 95;
/** Of compressed JavaScript, before anybody has pressed anything. */
const firstPage = 60 * 1024;

let stage: Stage;
let conference: Conference;
let chromium: Browser;
let page: Page;
let portal: Portal;
const reached = new Set<string>();

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Audited' });
  chromium = await launchForLighthouse();
  page = await chromium.newPage();
  portal = new Portal(firefoxHand(page));
});

afterAll(async () => {
  await chromium?.close();
  await stage?.close();
});

test('the home page is small', async () => {
  const context = await person(await stage.audience());
  const home = await context.newPage();
  const scripts = new Map<string, number>();
  home.on('requestfinished', async (request) => {
    if (request.resourceType() !== 'script') return;
    scripts.set(request.url(), (await request.sizes()).responseBodySize);
  });
  await home.goto(stage.server.origin, { waitUntil: 'networkidle' });
  await home.getByTestId('participate').waitFor();
  await until('the scripts are measured', 5000, () => scripts.size > 1 && ![...scripts.values()].includes(0));
  const total = [...scripts.values()].reduce((sum, size) => sum + size, 0);
  console.log(`home page: ${(total / 1024).toFixed(1)} kB of JavaScript in ${scripts.size} files`);
  expect(total).toBeLessThanOrEqual(firstPage);
  await context.close();
});

/** In the order in which a guest meets them; each is loaded anew by who has got so far. */
const pages: { path: string; reach?: () => Promise<void> }[] = [
  { path: '/' },
  { path: '/support' },
  { path: '/prerequisites' },
  { path: '/help' },
  { path: '/help/join' },
  { path: '/diagnostic' },
  { path: '/support/desk' },
  {
    path: '/identify',
    reach: async () => {
      await page.goto(stage.server.origin);
      await portal.ask(conference.name, conference.password);
      await portal.reach('identify-submit');
    },
  },
  {
    path: '/choice',
    reach: async () => {
      await portal.identify(bond);
      await portal.reach('choice-browser');
    },
  },
  { path: '/conference', reach: () => portal.withoutInstallation() },
  {
    path: '/tool',
    reach: async () => {
      await portal.submit();
      await portal.state('waiting');
    },
  },
];

// Again where it fails: what else runs on the two cores looks like a slow page.
test.each(pages)('Lighthouse likes $path', { retry: 2 }, async ({ path, reach }) => {
  // What has been reached stays so when the page is judged again.
  if (!reached.has(path)) await reach?.();
  reached.add(path);
  const screens = path === '/' ? (['phone', 'desktop'] as const) : (['phone'] as const);
  for (const screen of screens) {
    const { performance, accessibility, shift, faults } = await judgePage(page, stage.server.origin + path, screen);
    console.log(`${path} on a ${screen}: performance ${performance}, accessibility ${accessibility}, shift ${shift.toFixed(3)}`);
    const said = faults.join('; ');
    expect(performance, said).toBeGreaterThanOrEqual(enough);
    expect(accessibility, said).toBeGreaterThanOrEqual(enough);
    expect(shift, said).toBeLessThan(0.005);
    await page.setViewport(null);
  }
});
