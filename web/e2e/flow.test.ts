/** From the link to the picture: a presenter shares a tab, guests in Chromium and Firefox see it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { reference, sharpness, untilSeen, watchPicture, type AnyPage } from './measure.ts';
import { bond, firefoxHand, Portal } from './portal.ts';
import { Stage, type Presenter } from './stage.ts';
import { describe, judge } from './verdict.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 1201;
const demand = { tag, moving: 1000, latency: 500 };

let stage: Stage;
let conference: Conference;
let presenter: Presenter;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Project Neptune' });
  presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());
afterEach(() => expect(unexpected()).toEqual([]));

test('a guest in Chromium sees the shared tab, live and sharp', async () => {
  const { page, portal } = await stage.guest(conference);
  await seeIt('Chromium', page, portal);
  const people = await portal.texts('participant');
  expect(people.join('\n')).toContain('Mr James Bond');
  expect((await portal.facts('participant')).map((facts) => facts['role']).sort()).toEqual([
    'guest',
    'internal',
  ]);
  const watched = (count: number) =>
    presenter.page.locator(`[data-testid="watched-by"][data-count="${count}"]`);
  expect(await watched(1).textContent()).toContain('Mr James Bond');
  expect(await page.getByTestId('watched-by').count()).toBe(0); // it is the presenter's to know
  await page.context().close();
  await watched(0).waitFor();
});

test('a guest hears the tab that is shared', async () => {
  const { page, portal } = await stage.guest(conference, { ...bond, name: 'Felix Leiter' });
  await portal.submit();
  await portal.state('live');
  await presenter.pattern.evaluate(() => {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.connect(audio.destination);
    tone.start();
  });
  const heard = (): Promise<number> =>
    page.evaluate(async () => {
      const stats = await window.negotiated.connections.at(-1)!.getStats();
      let energy = 0;
      stats.forEach((entry: { type: string; kind?: string; totalAudioEnergy?: number }) => {
        if (entry.type === 'inbound-rtp' && entry.kind === 'audio') energy = entry.totalAudioEnergy!;
      });
      return energy;
    });
  await until('sound arrives', 10_000, async () => (await heard()) > 0.01);
  const tracks = await page.evaluate(() =>
    (document.querySelector('video')!.srcObject as MediaStream).getTracks().map((track) => track.kind).sort(),
  );
  expect(tracks).toEqual(['audio', 'video']);
  expect(await page.evaluate(() => document.querySelector('video')!.muted)).toBe(false);
  await page.context().close();
});

test('a guest in Firefox sees the same', async () => {
  const firefox = await launchFirefox();
  try {
    const page = await openFirefox(firefox, 'guest in Firefox');
    const portal = new Portal(firefoxHand(page));
    await portal.enter(stage.server.origin, conference, bond);
    await seeIt('Firefox', page, portal);
  } finally {
    await firefox.close();
  }
});

/** From the conference page: the numbers, Submit, the picture and its figures. */
async function seeIt(browser: string, page: AnyPage, portal: Portal): Promise<void> {
  const bridges = (await portal.texts('bridges')).join('\n');
  expect(bridges).toContain('+33 1 99 00 12 34');
  expect(bridges).toContain('4711#');
  expect(bridges).toContain('room@video.example');

  const pressed = await portal.submit();
  const first = await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag, pressed);
  await portal.state('live');
  const before = { cpu: stage.server.cpu(), at: Date.now() };
  const seen = judge(await watchPicture(page, 8000), demand);
  const load = (stage.server.cpu() - before.cpu) / ((Date.now() - before.at) / 1000);
  const sharp = await sharpness(page, await reference(presenter.pattern));
  console.log(
    `${browser}: ${(first.at - pressed).toFixed(0)} ms from Submit to the picture; ${describe(seen)}; ` +
      `PSNR ${sharp.psnr.toFixed(1)} dB, ${sharp.readable}/${sharp.glyphs} glyphs; ` +
      `server ${(100 * load).toFixed(1)} % of a core`,
  );
  expect(seen.faults).toEqual([]);
  expect(seen.fps).toBeGreaterThan(10);
  expect(sharp.psnr).toBeGreaterThanOrEqual(38);
  expect(sharp.readable).toBe(sharp.glyphs);
  expect(sharp.confused).toBe('');
}
