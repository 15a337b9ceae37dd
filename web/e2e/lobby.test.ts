/** A conference whose guests wait: the waiting room, the door in the tool, and what comes of a decision. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { bond } from './portal.ts';
import { calm, Stage, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The portal of this file has a name of its own: see the last test. */
const brand = mkdtempSync(join(tmpdir(), 'coopnet-brand-'));
writeFileSync(
  join(brand, 'brand.json'),
  JSON.stringify({
    name: 'Dupont Conférences',
    shortName: 'Dupont',
    logo: 'logo.svg',
    colours: { accent: '#5b2a86' },
    termsUrl: 'https://dupont.example/terms',
  }),
);
writeFileSync(
  join(brand, 'logo.svg'),
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 40"><rect width="160" height="40" fill="#5b2a86"/></svg>',
);

let stage: Stage;
let conference: Conference;
let presenter: Presenter;

beforeAll(async () => {
  stage = await Stage.open({ args: ['--brand', brand] });
  conference = await stage.server.conference({ name: 'Behind a door', guestPolicy: 'lobby' });
  presenter = await stage.presenter(conference, { tag: 8301, name: 'Ada Presenter', pace: calm });
  await presenter.portal.share();
});

afterAll(async () => {
  await stage?.close();
  rmSync(brand, { recursive: true });
});
// One guest is refused on purpose.
afterEach(() => expect(unexpected(/status of 403 .*\/api\/v1\/join-tokens/)).toEqual([]));

async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate('window.axe.run(document)')) as AxeResults;
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** Waits until a heading has the focus: what a screen reader says then. */
function focused(page: Page, heading: string): Promise<boolean> {
  return until(`the focus on ${heading}`, 5000, () =>
    page.evaluate((text) => document.activeElement?.textContent === text, heading),
  );
}

test('guests wait, and go in when somebody of the company lets them', async () => {
  const guest = await stage.guest(conference, bond);
  const other = await stage.guest(conference, { ...bond, name: 'Nobody Knows' });
  await guest.portal.submit();
  await guest.portal.reach('lobby');
  expect(await guest.portal.texts('lobby-state')).toEqual([expect.stringContaining('let you in')]);
  await focused(guest.page, 'You are waiting to be let in');
  expect((await guest.portal.texts('bridges')).join()).toContain('+33 1 99 00 12 34');
  expect(await barriers(guest.page)).toEqual([]);
  await other.portal.submit();
  await other.portal.reach('lobby');

  await until('both are at the door', 10_000, async () => (await presenter.portal.facts('knock')).length === 2);
  const said = await presenter.page.textContent('[data-testid="door-said"]');
  expect(said).toBe('2 people are waiting to be let in, Mr James Bond first.');
  expect(await barriers(presenter.page)).toEqual([]);
  // By the keyboard alone.
  await presenter.page.getByRole('button', { name: 'Let in Mr James Bond' }).focus();
  await presenter.page.keyboard.press('Enter');
  await until('one is left', 5000, async () => (await presenter.portal.facts('knock')).length === 1);
  await guest.portal.state('live');
  await focused(guest.page, 'Conference Behind a door');
  expect((await presenter.portal.texts('participant')).join()).toContain('Mr James Bond');

  await presenter.page.getByRole('button', { name: 'Refuse Mr Nobody Knows' }).focus();
  await presenter.page.keyboard.press('Space');
  await other.portal.state('ended');
  expect((await presenter.portal.texts('participant')).join()).not.toContain('Nobody');
  expect(await presenter.portal.shows('door')).toBe(false);
  await Promise.all([guest.context.close(), other.context.close()]);
});

test('who stops waiting is back on the page before, and a reconnect needs nobody', async () => {
  const guest = await stage.guest(conference, { ...bond, name: 'Eve Moneypenny' });
  await guest.portal.submit();
  await guest.portal.reach('lobby-cancel');
  await guest.page.getByRole('button', { name: 'Stop waiting' }).press('Enter');
  await guest.portal.reach('submit');
  await guest.portal.submit();
  await presenter.page.getByRole('button', { name: 'Let in Mr Eve Moneypenny' }).click();
  await guest.portal.state('live');
  await guest.page.reload();
  await guest.portal.state('live');
  await guest.context.close();
});

test('the portal carries the name, colours and logo of its operator', async () => {
  const context = await person(await stage.audience(), { colorScheme: 'light' });
  const page = await open(context, 'brand', stage.server.origin);
  await page.getByTestId('participate').waitFor();
  expect(await page.title()).toMatch(/ – Dupont$/);
  const logo = page.locator('img.logo');
  expect(await logo.getAttribute('alt')).toBe('Dupont Conférences');
  await until('the logo', 5000, () => logo.evaluate((image: HTMLImageElement) => image.naturalWidth > 0));
  expect(await logo.boundingBox()).toMatchObject({ width: 144, height: 36 });
  const button = page.getByTestId('participate');
  expect(await button.evaluate((drawn) => getComputedStyle(drawn).backgroundColor)).toBe('rgb(91, 42, 134)');
  await page.getByRole('link', { name: 'Terms of use' }).waitFor();
  await page.getByRole('link', { name: 'Support', exact: true }).click();
  await page.getByText('How Dupont works').waitFor();
  expect(await barriers(page)).toEqual([]);
  // Opened by itself the logo is a document of nobody's origin.
  await page.goto(`${stage.server.origin}/brand/logo.svg`);
  expect(await page.evaluate(() => window.origin)).toBe('null');
  await context.close();
});
