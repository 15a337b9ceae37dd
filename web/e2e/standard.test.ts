/** A publisher and a player that are not ours: WHIP and WHEP as anybody speaks them. */
import { fileURLToPath } from 'node:url';
import type { WebRTCPlayer } from '@eyevinn/webrtc-player';
import type { WHIPClient } from '@eyevinn/whip-web-client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { build } from 'vite';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { invitationCode, Visitor } from './join.ts';
import { reference, sharpness, steadyPicture, untilSeen, watchPicture } from './measure.ts';
import { patternPage } from './pattern.ts';
import { readerScript } from './reader.ts';
import { Stage } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

declare global {
  interface Window {
    eyevinn: { WHIPClient: typeof WHIPClient; WebRTCPlayer: typeof WebRTCPlayer };
    publisher: WHIPClient;
    player: WebRTCPlayer;
  }
}

const tag = 6101;

let stage: Stage;
let conference: Conference;
let browser: Browser;
let publisher: Page;
let player: Page;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Open standards' });
  stage.site.serve('/eyevinn.js', await bundle(), 'text/javascript');
  const script = '<script type="module" src="/eyevinn.js"></script>';
  const show = patternPage({ title: 'Standard publisher', tag });
  const video = '<video autoplay muted playsinline style="width:960px"></video>';
  browser = await stage.browser();
  const context = await person(browser);
  publisher = await open(context, 'publisher', stage.site.serve('/publish', show + script));
  player = await open(context, 'player', stage.site.serve('/play', video + script));
  await player.evaluate(readerScript());
});

afterAll(() => stage?.close());
afterEach(() => expect(unexpected()).toEqual([]));

/** The two packages as one module for pages. */
async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('eyevinn.js', import.meta.url));
  const made = await build({
    configFile: false,
    logLevel: 'error',
    root: fileURLToPath(new URL('..', import.meta.url)),
    // The browser's build of Node's events, on which both packages rest.
    resolve: {
      alias: { events: fileURLToPath(new URL('../node_modules/events', import.meta.url)) },
    },
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ['es'], fileName: 'eyevinn' },
    },
  });
  const [first] = Array.isArray(made) ? made : [made];
  if (!first || !('output' in first)) throw new Error('the bundle was not made');
  return first.output[0].code;
}

test('a standard publisher and a standard player meet', async () => {
  const inside = new Visitor(stage.server.origin);
  const link = await stage.server.invitation(conference, 'Standard Publisher');
  await inside.enter({ invitation: invitationCode(link) });
  const outside = new Visitor(stage.server.origin);
  await outside.enter({ name: conference.name, password: conference.password });

  const { token, relay } = await inside.token();
  await publisher.evaluate(
    async ({ endpoint, authkey }) => {
      const client = new window.eyevinn.WHIPClient({ endpoint, opts: { authkey, iceServers: [] } });
      window.publisher = client;
      const screen = window.pattern.capture(30);
      // What every publisher of a screen says: without it Chromium gives up size for motion.
      for (const track of screen.getVideoTracks()) track.contentHint = 'text';
      await client.ingest(screen);
    },
    { endpoint: relay.whip, authkey: token },
  );

  const seat = await outside.token();
  const start = Date.now();
  await player.evaluate(
    async ({ endpoint, authorization }) => {
      const video = document.querySelector('video')!;
      window.player = new window.eyevinn.WebRTCPlayer({ video, type: 'whep', iceServers: [] });
      // Its key is the whole header, unlike the publisher's.
      await window.player.load(new URL(endpoint), authorization);
    },
    { endpoint: seat.relay.whep, authorization: `Bearer ${seat.token}` },
  );
  const first = await untilSeen(player, 'picture', 10_000, (sample) => sample.tag === tag, start);
  // A publisher that has just begun pays for its first whole picture: Chromium skips frames for some seconds.
  const demand = { tag, moving: 1000, latency: 1000 };
  await until('pictures follow one another', 30_000, async () => {
    return judge(await watchPicture(player, 1000), demand).fps > 10;
  });
  const seen = await steadyPicture(player, 4000, demand);
  const sharp = await sharpness(player, await reference(publisher));
  console.log(
    `standard client: picture after ${first.at - start} ms; ${describe(seen)}; PSNR ${sharp.psnr.toFixed(1)} dB`,
  );
  expect(seen.faults).toEqual([]);
  expect(seen.fps).toBeGreaterThan(10);
  expect(sharp.psnr).toBeGreaterThanOrEqual(36);

  // Both end their sessions in order: somebody inside sees the share go at once.
  const witness = await stage.guest(conference);
  await witness.portal.submit();
  const shares = async (): Promise<number> => (await witness.portal.facts('share')).length;
  await until('the share is listed', 5000, async () => (await shares()) === 1);
  await player.evaluate(() => window.player.unload());
  await publisher.evaluate(() => window.publisher.destroy());
  await until('the share is gone', 3000, async () => (await shares()) === 0);
});
