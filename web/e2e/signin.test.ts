/** A colleague signs in with the company's provider and joins under the company's name for them. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { press, write } from './keyboard.ts';
import { chromiumHand, Portal } from './portal.ts';
import { Provider } from './provider.ts';
import { Stage } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

let provider: Provider;
let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  provider = await Provider.start();
  stage = await Stage.open({ args: await provider.settings() });
  conference = await stage.server.conference({ name: 'For colleagues', guestPolicy: 'deny' });
});

afterAll(async () => {
  await stage?.close();
  await provider?.stop();
});

// The provider's own pages ask for a font from elsewhere, and have no icon.
afterEach(() => expect(unexpected(/fonts\.googleapis\.com/, /favicon\.ico/)).toEqual([]));

test('by keyboard from the home page to the tool, as an internal participant', async () => {
  const context = await person(await stage.audience());
  const page = await open(context, 'Anne', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await portal.reach('sign-in');
  expect(await barriers('home with a sign-in', page)).toEqual([]);
  await write(page, 'name', conference.name);
  await press(page, 'sign-in');
  await provider.signIn(page, 'anne');
  await portal.reach('signed-in');
  expect(page.url()).toBe(`${stage.server.origin}/`);
  expect(await page.inputValue('[data-testid="name"]')).toBe(conference.name);
  expect(await portal.shows('password')).toBe(false);
  expect((await portal.texts('band-identity')).join()).toBe('Anne Martin');
  expect(await barriers('home, signed in', page)).toEqual([]);

  for (const { name, httpOnly, secure, sameSite, value } of await context.cookies(stage.server.origin)) {
    expect({ name, httpOnly, secure, sameSite }).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax' });
    expect(value, `${name} has a token of the provider`).not.toMatch(/eyJ/);
  }
  await press(page, 'participate');
  await portal.withoutInstallation();
  await portal.submit();
  await portal.state('waiting');
  await portal.reach('share-button');
  const people = await until('the list of participants', 5000, async () => {
    const [list] = await portal.texts('participants');
    return list?.includes('Anne Martin') && list;
  });
  expect(people).not.toMatch(/guest/);

  await press(page, 'leave');
  await portal.reach('signed-in');
  await press(page, 'sign-out');
  await portal.reach('sign-in');
  expect(await portal.shows('password')).toBe(true);
  await context.close();
});

test('somebody who is no colleague is told so, in French too', async () => {
  const context = await person(await stage.audience(), { locale: 'fr-FR' });
  const page = await open(context, 'Grete', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await portal.reach('sign-in');
  expect((await portal.texts('sign-in')).join()).toBe('Se connecter');
  await portal.hand.click('sign-in');
  await provider.signIn(page, 'grete');
  await portal.reach('sign-in-refused');
  expect((await portal.texts('sign-in-refused')).join()).toContain('ne permet pas');
  expect(await barriers('home after a refusal', page)).toEqual([]);
  expect(page.url()).toBe(`${stage.server.origin}/`);
  await context.close();
});

test('an answer of the provider is good in the browser that asked for it, and nowhere else', async () => {
  const victim = await person(await stage.audience());
  const page = await open(victim, 'victim', `${stage.server.origin}/api/v1/sign-in/callback?state=theirs&code=theirs`);
  const portal = new Portal(chromiumHand(page));
  await portal.reach('sign-in-refused');
  expect((await portal.texts('sign-in-refused')).join()).toContain('another window');
  expect((await victim.cookies()).map(({ name }) => name)).not.toContain('__Host-session');
  await victim.close();
});
