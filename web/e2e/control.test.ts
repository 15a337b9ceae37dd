/** Remote control, from the page that asks to the software that is controlled; the presenter's page plays the software. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import { pointOf } from './easel.ts';
import type { Conference } from './harness.ts';
import { controllable, PlayedSoftware } from './software.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

let stage: Stage;
let conference: Conference;
let presenter: Presenter;
let software: PlayedSoftware;
let colleague: Attendee;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Help from afar' });
  presenter = await stage.presenter(conference, { tag: 1301, name: 'Ada Presenter', pace: calm, prepare: controllable });
  await presenter.portal.share();
  software = await PlayedSoftware.join(presenter.page, stage.server.origin);
  colleague = await stage.colleague(conference, 'Grace Hopper');
  await colleague.portal.submit();
  await colleague.portal.state('live');
});

afterAll(() => stage?.close());
afterEach(() => expect(unexpected()).toEqual([]));

test('a guest is never offered control', async () => {
  const guest = await stage.guest(conference);
  await guest.portal.submit();
  await guest.portal.state('live');
  await guest.portal.reach('share');
  expect(await guest.portal.shows('ask-control')).toBe(false);
  expect(await colleague.portal.shows('ask-control')).toBe(true);
  await guest.context.close();
});

test('a colleague asks, controls and stops; what is done arrives as it was meant', async () => {
  const { page, portal } = colleague;
  await portal.hand.click('ask-control');
  await portal.reach('remote-surface');
  expect(await software.heard()).toContain('control.request Grace Hopper');
  await until('the presenter sees who controls', 3000, async () =>
    (await presenter.portal.texts('remote-said')).join().includes('Grace Hopper'),
  );
  expect(await barriers('controlling', page)).toEqual([]);

  const [x, y] = await pointOf(page, 'remote-surface', [0.25, 0.5]);
  await page.mouse.click(x, y, { button: 'right' });
  await page.mouse.wheel(0, 100);
  await page.keyboard.type('Aé');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+c');
  // Neither the page's own key nor the browser's does anything here.
  await page.keyboard.press('b');
  const events = await until('everything has arrived', 5000, async () => {
    const all = await software.events();
    return all.some(({ text }) => text === 'b') && all;
  });
  expect(await page.getByTestId('view').getAttribute('data-kind')).toBe('share');
  const of = (...kinds: string[]): string[] =>
    events
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ kind, button, text, code }) => [kind, button, text, code].filter((part) => part !== undefined).join(' '));
  const moved = events.find(({ kind }) => kind === 'down')!;
  expect(moved.x).toBeCloseTo(0.25, 2);
  expect(moved.y).toBeCloseTo(0.5, 2);
  expect(of('down', 'up')).toEqual(['down 2', 'up 2']);
  expect(of('wheel').length).toBeGreaterThan(0);
  expect(of('text').map((text) => text.slice(5)).join('')).toBe('Aéb');
  expect(of('keydown', 'keyup')).toEqual([
    'keydown Enter',
    'keyup Enter',
    'keydown ControlLeft',
    'keydown KeyC',
    'keyup KeyC',
    'keyup ControlLeft',
  ]);

  await page.keyboard.press('Control+Shift+F12');
  await page.getByTestId('remote-surface').waitFor({ state: 'detached', timeout: 2000 });
  await until('the software has its desktop back', 2000, async () =>
    (await software.heard()).includes('control.revoke released'),
  );
});

test('the page of who shares takes it back, and a cut ends it', async () => {
  const { page, portal, context } = colleague;
  await portal.hand.click('ask-control');
  await portal.reach('remote-surface');
  await presenter.portal.hand.click('remote-end');
  await page.getByTestId('remote-surface').waitFor({ state: 'detached', timeout: 1000 });
  await until('why is said', 2000, async () => (await portal.texts('toast-said')).join().includes('has ended'));
  await until('the software hears it', 2000, async () =>
    (await software.heard()).some((message) => message.startsWith('control.revoke stopped')),
  );
  await until('the button goes', 2000, async () => !(await presenter.portal.shows('remote-end')));
  // The relay lets somebody ask three times, then once in five seconds.
  await portal.hand.click('ask-control');
  await portal.reach('remote-surface');
  await context.setOffline(true);
  await page.getByTestId('remote-surface').waitFor({ state: 'detached', timeout: 8000 });
  await context.setOffline(false);
  await portal.state('live', 15_000);
  expect(await portal.shows('remote-surface')).toBe(false);
  unexpected(/ERR_INTERNET_DISCONNECTED|WebSocket connection/);
});
