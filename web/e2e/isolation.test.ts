/** What belongs to one conference stays there; what is not allowed is refused; what breaks comes back. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { pictureSince, steadyPicture, untilSeen, watchPicture } from './measure.ts';
import { bond } from './portal.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { unexpected } from './watch.ts';

const red = 7101;
const blue = 7102;

let stage: Stage;
let conferences: { red: Conference; blue: Conference };
let presenter: Presenter;
let guest: Attendee;

beforeAll(async () => {
  stage = await Stage.open();
  conferences = {
    red: await stage.server.conference({ name: 'Red' }),
    blue: await stage.server.conference({ name: 'Blue', permissions: { guestShare: 'browser' } }),
  };
  presenter = await stage.presenter(conferences.red, { tag: red, name: 'Red Presenter', pace: calm });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
// Chromium writes every refusal and every lost connection into the console; each test names those that it means.
let meant: RegExp[] = [];
afterEach(() => {
  expect(unexpected(...meant)).toEqual([]);
  meant = [];
});

test('a guest of one conference never sees the other', async () => {
  guest = await stage.guest(conferences.red);
  await guest.portal.submit();
  const other = await stage.guest(conferences.blue, { ...bond, name: 'Eve Moneypenny' });
  const start = await other.portal.submit();
  await untilSeen(guest.page, 'red picture', 10_000, ({ tag }) => tag === red);
  await other.portal.state('waiting');
  // Nobody shares in the blue one yet: no picture at all, and nobody of the red one is listed.
  expect(judge(await watchPicture(other.page, 2000), { tag: blue, moving: false }).tags).toEqual(
    [],
  );
  await other.portal.reach('participant');
  expect((await other.portal.texts('participant')).join()).not.toContain('Bond');

  const blues = await stage.presenter(conferences.blue, { tag: blue, name: 'Blue Presenter', pace: calm });
  await blues.portal.share();
  await untilSeen(other.page, 'blue picture', 10_000, ({ tag }) => tag === blue);
  const seen = {
    red: await steadyPicture(guest.page, 3000, { tag: red, moving: 1500 }),
    blue: await steadyPicture(other.page, 3000, { tag: blue, moving: 1500 }),
  };
  console.log(`two conferences: red ${describe(seen.red)}; blue ${describe(seen.blue)}`);
  expect(seen.red.faults).toEqual([]);
  expect(seen.blue.faults).toEqual([]);
  const everything = (page: Page, since: number): Promise<(number | null)[]> =>
    page.evaluate((from) => window.reader.samples(from).map((sample) => sample.tag), since);
  expect(await everything(guest.page, 0)).not.toContain(blue);
  expect(await everything(other.page, start - 1000)).not.toContain(red);
  await blues.context.close();
  await other.context.close();
});

test('a guest without the right has no share button, and the relay refuses one', async () => {
  meant = [/status of 403 .*\/whip/];
  expect(await guest.portal.shows('share-button')).toBe(false);
  const answer = await guest.page.evaluate(async () => {
    const joined = await fetch('/api/v1/join-tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode: 'browser' }),
    });
    const { token, permissions, relay } = (await joined.json()) as {
      token: string;
      permissions: string[];
      relay: { whip: string };
    };
    const connection = new RTCPeerConnection();
    connection.addTransceiver('video', { direction: 'sendonly' });
    await connection.setLocalDescription();
    const refused = await fetch(relay.whip, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/sdp' },
      body: connection.localDescription!.sdp,
    });
    connection.close();
    return { permissions, status: refused.status, body: (await refused.json()) as unknown };
  });
  expect(answer.permissions).not.toContain('share');
  expect(answer.permissions).not.toContain('control');
  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({ code: 'publish-denied' });
});

test('a guest with the right has the button', async () => {
  const sharer = await stage.guest(conferences.blue, { ...bond, name: 'Felix Leiter' });
  await sharer.portal.submit();
  await sharer.portal.reach('share-button');
  await sharer.context.close();
});

test('the server is killed and starts again: presenter and viewer come back by themselves', async () => {
  meant = [/net::ERR_|WebSocket connection/];
  const times: number[] = [];
  for (let i = 0; i < 3; i++) {
    const killed = Date.now();
    await stage.server.crash();
    await guest.portal.state('reconnecting', 3000);
    await stage.server.restart();
    times.push(Math.round(await pictureSince(guest.page, red, killed)));
    await guest.portal.state('live');
    await presenter.portal.shareState('live');
    const seen = await steadyPicture(guest.page, 2000, { tag: red, moving: 1000 });
    expect(seen.faults).toEqual([]);
  }
  console.log(`server killed and started again: picture back after ${times.join(', ')} ms`);
  expect(Math.max(...times)).toBeLessThan(6000);
});

test('an ended conference says so, and lets nobody in again', async () => {
  await stage.server.endConference(conferences.red);
  await guest.portal.state('ended');
  await presenter.portal.state('ended');
  // Nothing of the presenter's screen reaches the guest any more.
  const after = await watchPicture(guest.page, 2000);
  expect(new Set(after.map(({ time }) => time)).size).toBe(1);
  const answer = await guest.page.request.post(`${stage.server.origin}/api/v1/join-tokens`, {
    data: { mode: 'browser' },
  });
  expect(answer.status()).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'conference-denied' });
});
