/** What is refused looks the same for every reason, and what is remembered is forgotten when asked. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchWithProfile, open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import { Stage } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const admissions = '/api/v1/admissions';

let stage: Stage;
let conference: Conference;
const folders: string[] = [];

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Team Alpha' });
});

afterAll(async () => {
  await stage?.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// Chromium writes every refused request into the console; the refusals here are meant.
afterEach(() =>
  expect(unexpected(/status of 403 .*\/api\/v1\/admissions/)).toEqual([]),
);

/** What a guest and an eavesdropper could compare. */
interface Refusal {
  seen: string[];
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

async function refusal(page: Page, name: string, password: string): Promise<Refusal> {
  const portal = new Portal(chromiumHand(page));
  await page.goto(stage.server.origin);
  const answered = page.waitForResponse((response) => response.url().endsWith(admissions));
  await portal.ask(name, password);
  const answer = await answered;
  await portal.reach('refusal');
  const { requestId, ...body } = (await answer.json()) as Record<string, unknown>;
  expect(requestId).toBeTruthy();
  const headers = await answer.allHeaders();
  for (const changing of ['date', 'x-request-id']) delete headers[changing];
  return { seen: await portal.texts('refusal'), status: answer.status(), headers, body };
}

test('every reason gets the same refusal', async () => {
  const over = await stage.server.conference({ name: 'Team Omega' });
  await stage.server.endConference(over);
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const later = await stage.server.conference({ name: 'Team Later', startsAt: tomorrow });
  const context = await person(await stage.browser());
  const page = await open(context, 'stranger');
  const { name, password } = conference;
  const first = await refusal(page, name, 'wrong');
  expect(first.status).toBe(403);
  expect(first.body['code']).toBe('conference-denied');
  expect(first.headers['content-type']).toContain('application/problem+json');
  expect(first.seen).toHaveLength(1);
  expect(first.seen[0]!.length).toBeGreaterThan(20);
  console.log(`the refusal: ${first.seen[0]!.replaceAll('\n', ' | ')}`);
  const others: [string, string][] = [
    ['Nobody knows this name', password],
    ['team alpha', password],
    [`${name} `, password],
    [` ${name}`, password],
    [name, `${password} `],
    [over.name, over.password],
    [later.name, 'wrong'],
  ];
  for (const [tried, secret] of others) {
    expect(await refusal(page, tried, secret), JSON.stringify(tried)).toEqual(first);
  }
  // The right ones still open the door: the refusals locked nobody out.
  await page.goto(stage.server.origin);
  await new Portal(chromiumHand(page)).ask(name, password);
  await new Portal(chromiumHand(page)).reach('identify-submit');
  await context.close();
});

test('a personal link opens in a page that is open already, and leaves the address bar', async () => {
  const context = await person(await stage.browser());
  const page = await open(context, 'invited', stage.server.origin);
  const portal = new Portal(chromiumHand(page));
  await portal.reach('participate');
  const link = await stage.server.invitation(conference, 'Anne Martin');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.evaluate((to) => (location.href = to), link);
  await portal.reach('identify-submit');
  expect(page.url()).not.toContain('invitation');
  expect(asked.join()).not.toContain('invitation');
  await context.close();
});

/** A guest in a browser whose profile outlives it. */
async function visit(
  profile: string,
): Promise<{ context: BrowserContext; portal: Portal; page: Page }> {
  const context = await launchWithProfile({ profile });
  const page = await open(context, 'guest');
  return { context, page, portal: new Portal(chromiumHand(page)) };
}

function profile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coopnet-e2e-profile-'));
  folders.push(folder);
  return folder;
}

const remembered = { ...bond, remember: true };

test('a remembered identity survives a browser restart, and disconnect forgets it on the server too', async () => {
  const folder = profile();
  let stolen = '';
  let visitor = await visit(folder);
  try {
    await visitor.portal.enter(stage.server.origin, conference, remembered);
    expect((await visitor.portal.texts('band-identity')).join()).toContain('Mr James Bond');
    stolen = await identityCookie(visitor.context);
  } finally {
    await visitor.context.close();
  }

  visitor = await visit(folder);
  try {
    await visitor.page.goto(stage.server.origin);
    await visitor.portal.reach('disconnect');
    expect((await visitor.portal.texts('band-identity')).join()).toContain('Mr James Bond');
    await visitor.portal.ask(conference.name, conference.password);
    // Known: no identification any more.
    await visitor.portal.reach('choice-browser');
    expect(await (await known(stolen)).json()).toMatchObject({ email: expect.any(String) as unknown });
    await visitor.portal.hand.click('disconnect');
    await until('the band forgets', 5000, async () => !(await visitor.portal.shows('disconnect')));
    await until('the server forgets', 5000, async () => (await (await known(stolen)).text()) === 'null');
    const admitted = await admit(stolen);
    expect(admitted).toMatchObject({ identity: null, next: 'identify' });
  } finally {
    await visitor.context.close();
  }
});

test('an identity that was not to be remembered is gone with the browser', async () => {
  const folder = profile();
  let visitor = await visit(folder);
  try {
    await visitor.portal.enter(stage.server.origin, conference, bond);
    expect((await visitor.portal.texts('band-identity')).join()).toContain('Mr James Bond');
  } finally {
    await visitor.context.close();
  }
  visitor = await visit(folder);
  try {
    await visitor.page.goto(stage.server.origin);
    await visitor.portal.ask(conference.name, conference.password);
    await visitor.portal.reach('identify-submit');
    expect(await visitor.portal.shows('disconnect')).toBe(false);
  } finally {
    await visitor.context.close();
  }
});

async function identityCookie(context: BrowserContext): Promise<string> {
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-identity');
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' });
  return `${cookie!.name}=${cookie!.value}`;
}

function known(cookie: string): Promise<Response> {
  return fetch(`${stage.server.origin}/api/v1/identity`, { headers: { cookie } });
}

async function admit(cookie: string): Promise<unknown> {
  const answer = await fetch(`${stage.server.origin}${admissions}`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ name: conference.name, password: conference.password }),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}
