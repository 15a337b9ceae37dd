/** A conference whose guests wait: the waiting room, the door in the tool, and what comes of a decision. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { bond } from './portal.ts';
import { Stage, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let stage: Stage;
let conference: Conference;
let presenter: Presenter;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Behind a door', guestPolicy: 'lobby' });
  presenter = await stage.presenter(conference, { tag: 8301, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
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
