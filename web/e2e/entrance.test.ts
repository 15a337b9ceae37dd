/** From the link to the conference: who comes early, who is known already, the numbers, the self-test, and the help. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import { open, person } from './chromium.ts';
import { tabTo } from './keyboard.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { addressOf, offering, pressBelow, redeem } from './software.ts';
import { Stage } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

let stage: Stage;
const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  isMobile: true,
  locale: 'fr-FR',
  timezoneId: 'America/New_York',
};

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage?.close());
// A wrong password is refused and a file lost on purpose, and the software is not installed here.
const expected = [/status of 403 .*\/api\/v1\/admissions/, /net::ERR_FAILED .*\.css/, /coopnet:/];
afterEach(() => expect(unexpected(...expected)).toEqual([]));

const text = (page: Page, id: string): Promise<string> => page.getByTestId(id).first().innerText();
const found = (page: Page): Promise<string[]> =>
  page.getByTestId('help-result').evaluateAll((all) => all.map((one) => one.dataset['topic'] ?? ''));

test('who comes early with a personal link waits, and goes in by itself', async () => {
  const startsAt = new Date(Date.now() + 3_600_000);
  const conference = await stage.server.conference({
    name: 'Opens later',
    startsAt,
    openBefore: 10,
    timezone: 'Europe/Paris',
    bridges: [
      { kind: 'audio', label: '', country: 'FR', number: '+33 1 99 00 12 34', code: '4711' },
      { kind: 'audio', label: '', country: 'US', number: '+1 (202) 555-0123', code: '4711#' },
      { kind: 'video', label: 'Room', country: '', number: 'room@video.example', code: '' },
    ],
  });
  const context = await person(await stage.audience(), phone);
  const page = await open(context, 'early', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await portal.ask(conference.name, 'wrong');
  await portal.reach('refusal');
  const link = await stage.server.link(conference, {
    kind: 'guest',
    name: 'Ada Byron',
    email: 'ada@guest.example',
  });
  await page.goto(link);
  await portal.reach('early');
  expect(await text(page, 'band-identity')).toBe('Ada Byron');
  expect(await text(page, 'opens-at')).toMatch(/UTC−[45]/);
  expect(await text(page, 'opens-there')).toContain('Europe/Paris');
  expect(await text(page, 'left')).toMatch(/^(49|50)\s?min/);
  expect(await page.getByTestId('left-said').innerText()).toContain('1\u00a0heure');
  expect(await portal.shows('submit')).toBe(false);
  expect(await barriers('early', page)).toEqual([]);

  // The clock says America: its number first, and a touch dials the code, too.
  const dialled = await page
    .getByTestId('dial')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  expect(dialled).toEqual([
    'tel:+12025550123,,4711%23',
    'tel:+33199001234,,4711%23',
    'sip:room@video.example',
  ]);
  const saving = page.waitForEvent('download');
  await page.getByTestId('calendar').click();
  expect((await saving).suggestedFilename()).toBe('conference.ics');

  // The organizer opens in three seconds; the page hears of it when it is looked at, and counts.
  await stage.server.change(conference, { startsAt: new Date(Date.now() + 3000), openBefore: 0 });
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await until('some seconds are left', 2000, async () => /^0?[1-3]\s?s/.test(await text(page, 'left')));
  await portal.state('waiting', 10_000);
  expect(new URL(page.url()).pathname).toBe('/tool');
  await portal.reach('participant');
  expect((await portal.texts('participant')).join()).toContain('Ada Byron');
  await context.close();
});

test('a remembered identity and a remembered name are there the next time', async () => {
  const conference = await stage.server.conference({ name: ' Comes again ' });
  const context = await person(await stage.audience());
  const page = await open(context, 'again', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await page.getByTestId('keep-name').check();
  await portal.ask(conference.name, conference.password);
  await portal.identify({ ...bond, remember: true });
  await portal.withoutInstallation();
  await page.close();

  const next = await open(context, 'next time', stage.server.origin);
  await until('who it is', 5000, async () => (await text(next, 'band-identity')) === 'Mr James Bond');
  expect(await next.locator('datalist option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))).toEqual([conference.name]);
  await new Portal(chromiumHand(next)).ask(conference.name, conference.password);
  await new Portal(chromiumHand(next)).withoutInstallation();
  expect(await text(next, 'who-here')).toContain('Mr James Bond');
  await next.goto(stage.server.origin);
  await next.getByTestId('forget-names').click();
  await next.reload();
  expect(await next.getByTestId('forget-names').count()).toBe(0);
  await context.close();
});

test('the software takes over by its code, and the page goes on beside it', async () => {
  const conference = await stage.server.conference({ name: 'With the software' });
  const context = await person(await stage.audience());
  const page = await open(context, 'with the software');
  const portal = new Portal(chromiumHand(page));
  await offering(page);
  await page.goto(stage.server.origin);
  await portal.ask(conference.name, conference.password);
  await portal.identify(bond);
  await portal.reach('keep-way');
  await until('the release is offered', 5000, async () => (await text(page, 'choice-software')).includes('1.4.0'));
  const handed = addressOf(page);
  // By keyboard: the one press fetches the code and opens the software.
  await tabTo(page, 'choice-software');
  await page.keyboard.press('Enter');
  await page.locator('[data-testid="launch-state"][data-phase="opened"]').waitFor({ timeout: 5000 });
  expect(await portal.shows('launch-browser')).toBe(true);
  expect(await barriers('waiting for the software', page)).toEqual([]);
  const address = await handed;
  expect(address).toMatch(/^coopnet:\/\/join\/[\w-]{22,64}$/);
  // One that is too old is refused, and the page says so.
  const looked = /\/api\/v1\/launch-codes\/[\w-]+$/;
  await page.route(looked, (route) =>
    route.fulfill({ json: { status: 'waiting', version: '1.1.0' } }),
  );
  await page.locator('[data-testid="launch-state"][data-phase="old"]').waitFor({ timeout: 5000 });
  expect(await text(page, 'launch-state')).toContain('1.1.0');
  expect(await text(page, 'launch-download')).toContain('1.4.0');
  expect(await barriers('too old', page)).toEqual([]);
  await page.unroute(looked);
  const joined = await redeem(stage.server.origin, address);
  expect(joined.permissions).toContain('view');
  await page.locator('[data-testid="launch-state"][data-phase="started"]').waitFor({ timeout: 5000 });
  expect(await text(page, 'launch-state')).toContain('1.3.0');
  expect(await text(page, 'launch-newer')).toContain('1.4.0');
  expect(await barriers('in the software', page)).toEqual([]);
  await pressBelow(page, 'launch-watch');
  await portal.state('waiting', 10_000);
  await context.close();
});

test('the test of this computer, in place', async () => {
  const context = await person(await stage.audience());
  const page = await open(context, 'self-test', stage.server.origin);
  await page.getByTestId('selftest-run').click();
  await page.locator('[data-testid="selftest-verdict"][data-verdict="good"]').waitFor({ timeout: 10_000 });
  expect(await page.locator('[data-check="media"]').getAttribute('data-state')).toBe('passed');
  expect(await barriers('self-test', page)).toEqual([]);
  await page.goto(`${stage.server.origin}/prerequisites`);
  await page.getByTestId('addresses').click();
  await page.getByTestId('addresses-found').waitFor();
  expect(await text(page, 'addresses-found')).toMatch(/UDP \d+/);
  expect(await barriers('prerequisites', page)).toEqual([]);
  await context.close();
});

test.each([
  ['en-GB', 'firwall', 'firewall', 'For the network team', /topics? found/],
  ['fr-FR', 'ecran noir', 'no-picture', 'Il n’y a pas d’image', /sujets? trouvés?/],
])('the help is found by keyboard, in %s', async (locale, query, topic, title, said) => {
  const context = await person(await stage.audience(), { locale });
  const page = await open(context, `help ${locale}`, `${stage.server.origin}/help`);
  await page.getByTestId('help-query').waitFor();
  expect(await barriers('help', page)).toEqual([]);
  await tabTo(page, 'help-query');
  await page.keyboard.type(query);
  await until('topics are found', 5000, async () => (await found(page)).slice(0, 3).includes(topic));
  expect(await text(page, 'help-said')).toMatch(said);
  expect(await barriers('help, searched', page)).toEqual([]);
  for (let at = (await found(page)).indexOf(topic); at >= 0; at--) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator(`[data-testid="help-topic"][data-topic="${topic}"]`).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/help/${topic}`);
  await until('the heading has the focus', 3000, () =>
    page.evaluate((wanted) => document.activeElement?.textContent === wanted, title),
  );
  expect(await barriers('topic', page)).toEqual([]);
  // A topic has its own address, also for who comes from outside; the language changes in place.
  await page.goto(`${stage.server.origin}/help/api`);
  await page.locator('[data-topic="api"] pre').first().waitFor();
  await page.getByTestId('language').click();
  await until('the other language', 3000, async () =>
    (await page.locator('h1').innerText()).includes(locale === 'en-GB' ? 'Débuter' : 'Quick start'),
  );
  expect(await barriers('topic with code', page)).toEqual([]);
  await context.close();
});

test('what the network loses of the tool comes after all', async () => {
  const conference = await stage.server.conference({ name: 'Lossy' });
  const guest = await stage.guest(conference);
  let lost = 0;
  await guest.page.route(/\/assets\/controls-[^/]*\.css/, (route) =>
    lost++ === 0 ? route.abort() : route.continue(),
  );
  await guest.portal.submit();
  await guest.page.getByTestId('tab-chat').waitFor({ timeout: 15_000 });
  await until('the style sheet is fetched again', 10_000, () => lost === 2);
  await guest.context.close();
});
