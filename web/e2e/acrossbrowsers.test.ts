/** A presenter in Chromium and a guest in Firefox: everything that a guest does, once; and a presenter in Firefox. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { shapes, untilShapes, type Part } from './easel.ts';
import { launchFirefox, openFirefox } from './firefox.ts';
import type { Conference } from './harness.ts';
import { legibleAfter, untilSeen } from './measure.ts';
import { pdf } from './pdf.ts';
import { bond, firefoxHand, Portal } from './portal.ts';
import { Screen } from './screen.ts';
import { Stage, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8701;
const paper = pdf([
  { words: 'First: the plan', colour: [1, 0.8, 0.8] },
  { words: 'Second: the end', colour: [0.8, 0.8, 1] },
]);

const downloads = mkdtempSync(join(tmpdir(), 'coopnet-firefox-'));
let stage: Stage;
let conference: Conference;
let ada: Presenter;
let firefox: Browser;
let fox: Page;
let guest: Portal;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Across browsers' });
  [ada, firefox] = await Promise.all([
    stage.presenter(conference, { tag, name: 'Ada Presenter' }),
    launchFirefox({
      preferences: {
        'browser.download.folderList': 2,
        'browser.download.dir': downloads,
        'browser.download.always_ask_before_handling_new_types': false,
        'browser.download.alwaysOpenPanel': false,
      },
    }),
  ]);
  fox = await openFirefox(firefox, 'guest in Firefox');
  guest = new Portal(firefoxHand(fox));
});

afterAll(async () => {
  await firefox?.close();
  await stage?.close();
  rmSync(downloads, { recursive: true, force: true });
});
// Firefox says that nothing opens the software's addresses here.
afterEach(() => expect(unexpected(/coopnet:/)).toEqual([]));

const sees = (what: string, ask: () => Promise<boolean>): Promise<boolean> => until(what, 10_000, ask);

/** The point of Firefox's window where a part of an element lies. */
async function pointOf(id: string, [x, y]: Part): Promise<[number, number]> {
  const script = `(() => {
    const { x, y, width, height } = document.querySelector('[data-testid="${id}"]').getBoundingClientRect();
    return { x, y, width, height };
  })()`;
  const rect = (await fox.evaluate(script)) as DOMRect;
  return [rect.x + rect.width * x, rect.y + rect.height * y];
}

const pixels = (id: string): Promise<number> =>
  fox.evaluate(`document.querySelector('[data-testid="${id}"]').getBoundingClientRect().width`) as Promise<number>;

/** Runs in a page: the formats of the pictures that it sends. */
const sent = `(async () => {
  const connections = negotiated.connections.filter((one) => one.connectionState === 'connected');
  const reports = await Promise.all(connections.map((one) => one.getStats()));
  return reports.flatMap((report) => [...report.values()]
    .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
    .map(({ codecId }) => report.get(codecId)?.mimeType));
})()`;

/** The bytes of a file that Firefox has saved. */
function saved(name: RegExp): Promise<Buffer> {
  return until(`${name} is saved`, 10_000, () => {
    const all = readdirSync(downloads);
    const found = all.find((file) => name.test(file));
    if (!found || all.some((file) => file.endsWith('.part'))) return null;
    const bytes = readFileSync(join(downloads, found));
    return bytes.length > 0 && bytes;
  });
}

test('tests the computer, and comes in to the picture', async () => {
  await fox.goto(stage.server.origin);
  await guest.hand.click('selftest-run');
  await sees('the verdict', async () => (await guest.facts('selftest-verdict'))[0]?.['verdict'] === 'good');
  await guest.ask(conference.name, conference.password);
  await guest.identify(bond);
  // The software is not installed here: the page stays, and the other way is open.
  await guest.reach('keep-way');
  await guest.hand.click('choice-software');
  await guest.hand.click('software-insist');
  await sees('it is opened', async () => (await guest.facts('launch-state'))[0]?.['phase'] === 'opened');
  await guest.hand.click('launch-browser');
  await guest.reach('submit');
  await ada.portal.share();
  const pressed = await guest.submit();
  await untilSeen(fox, 'the picture', 10_000, (sample) => sample.tag === tag, pressed);
  await guest.state('live');
});

test('looks closer, and at the whole screen', async () => {
  const fits = await pixels('video');
  await guest.hand.click('nearer');
  await sees('it is larger', async () => (await pixels('video')) > 1.1 * fits);
  await fox.mouse.move(...(await pointOf('view', [0.5, 0.5])));
  const before = await pointOf('video', [0, 0]);
  await fox.mouse.down();
  await fox.mouse.move(...(await pointOf('view', [0.4, 0.45])), { steps: 3 });
  await fox.mouse.up();
  expect((await pointOf('video', [0, 0]))[0]).toBeLessThan(before[0]);
  await guest.hand.click('fit');
  await sees('it fits', async () => Math.abs((await pixels('video')) - fits) < 2);
  await guest.hand.click('fullscreen');
  await sees('the whole screen', async () => (await fox.evaluate('document.fullscreenElement !== null')) as boolean);
  await guest.hand.click('fullscreen');
  await sees('back again', async () => (await fox.evaluate('document.fullscreenElement === null')) as boolean);
});

test('points', async () => {
  await guest.hand.click('tools');
  await guest.hand.click('tool-pointer');
  await fox.mouse.move(...(await pointOf('video', [0.25, 0.5])));
  const [at] = await until('the pointer is seen', 5000, async () => {
    const pointed = await ada.portal.facts('pointed');
    return pointed.length > 0 && pointed;
  });
  expect(Number(at!['x']) / 10_000).toBeCloseTo(0.25, 2);
  expect(Number(at!['y']) / 10_000).toBeCloseTo(0.5, 2);
});

test('draws on the whiteboard', async () => {
  await ada.portal.hand.click('show-board');
  await guest.reach('whiteboard');
  await guest.hand.click('tool-pen');
  await fox.mouse.move(...(await pointOf('whiteboard', [0.2, 0.2])));
  await fox.mouse.down();
  await fox.mouse.move(...(await pointOf('whiteboard', [0.4, 0.6])), { steps: 4 });
  await fox.mouse.up();
  await until('the stroke in its place', 5000, async () => {
    const [pen] = await untilShapes(ada.page, 1, 'whiteboard');
    return Math.abs(pen!.to[0] - 0.4) < 0.01 && Math.abs(pen!.to[1] - 0.6) < 0.01;
  });
  await guest.hand.click('board-save');
  await guest.hand.click('board-save-png');
  expect((await saved(/^whiteboard.*\.png$/)).subarray(1, 4).toString()).toBe('PNG');
  await guest.hand.click('undo');
  await sees('it is taken back', async () => (await shapes(ada.page, 'view')).length === 0);
});

test('writes, asks and votes', async () => {
  await guest.hand.click('hand');
  await ada.portal.hand.click('tab-questions');
  await ada.portal.reach('raised');
  await guest.hand.click('tab-chat');
  await guest.hand.fill('chat-entry', 'Hello from Firefox');
  await fox.keyboard.press('Enter');
  await ada.portal.hand.click('tab-chat');
  await sees('the message', async () => (await ada.portal.texts('message-text')).includes('Hello from Firefox'));

  await ada.portal.hand.click('tab-polls');
  await ada.portal.hand.click('poll-new');
  await ada.portal.hand.fill('poll-question', 'Once more?');
  for (const [index, answer] of ['Yes', 'No'].entries()) {
    await ada.page.getByTestId('poll-answer').nth(index).fill(answer);
  }
  await ada.portal.hand.click('poll-start');
  await guest.hand.click('tab-polls');
  await guest.hand.click('poll-option');
  await guest.hand.click('poll-vote');
  await sees('the vote', async () => (await ada.portal.facts('poll-result'))[0]?.['votes'] === '1');
});

test('reads a page of a document, and keeps the document', async () => {
  await ada.portal.hand.click('tab-documents');
  await ada.page
    .getByTestId('documents-files')
    .setInputFiles({ name: 'Plan.pdf', mimeType: 'application/pdf', buffer: paper });
  await ada.portal.hand.click('document-show');
  const text = (words: string) => sees(words, async () => (await guest.texts('page-text')).join().includes(words));
  await text('First: the plan');
  await ada.portal.hand.click('page-next');
  await text('Second: the end');
  const colour = `(() => {
    const canvas = document.querySelector('.document-page canvas');
    const { data } = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height * 0.8, 1, 1);
    return [...data.slice(0, 3)].join();
  })()`;
  await sees('its colour', async () => (await fox.evaluate(colour)) === '204,204,255');
  await guest.hand.click('tab-documents');
  await guest.hand.click('document-download');
  expect((await saved(/^Plan.*\.pdf$/)).equals(paper)).toBe(true);
});

test('finds out with the diagnostic tool what stands in the way', async () => {
  await fox.close();
  // A tab of its own: from one page to another, Firefox at times runs watch.ts's part in the window of the page before,
  // whose connections it refuses ("Window no longer active").
  const page = await openFirefox(firefox, 'diagnostic in Firefox', `${stage.server.origin}/diagnostic`);
  const { hand } = new Portal(firefoxHand(page));
  await hand.click('diagnostic-start');
  const rows = `Object.fromEntries([...document.querySelectorAll('[data-testid^="row-"]')].map((row) => [
    row.dataset.testid.slice(4), row.dataset.state + ' ' + row.dataset.finding,
  ]))`;
  // Half a minute of quiet is left to Chromium's run.
  const said = await until('all but the quiet', 60_000, async () => {
    const found = (await page.evaluate(rows)) as Record<string, string>;
    const open = Object.keys(found).filter((check) => /^(waiting|running)/.test(found[check]!));
    return 'text' in found && open.every((check) => check === 'idle') && found;
  });
  if (/^(waiting|running)/.test(said['idle']!)) await hand.click('diagnostic-stop');
  // How fast and how steady the line is depends on what else this machine does.
  const measured = ['bandwidth', 'quality'];
  const failed = Object.entries(said).filter(
    ([check, found]) => !measured.includes(check) && found.startsWith('failed'),
  );
  expect(failed).toEqual([]);
  expect(said).toMatchObject({ udp: 'passed way.open', tcp: 'passed way.open', text: 'passed text.sharp' });
});

test('shares its screen, and text stays sharp', async () => {
  const shown = 8702;
  const another = await stage.server.conference({ name: 'From Firefox' });
  const viewer = await stage.guest(another, bond, ada.context.browser()!);
  const screen = await Screen.open(1280, 900);
  const sharing = await launchFirefox({ screen });
  try {
    const address = stage.site.pattern({ title: 'Pattern', tag: shown });
    const pattern = await openFirefox(sharing, "Fay's pattern", address);
    const page = await openFirefox(sharing, 'Fay in Firefox');
    const fay = new Portal(firefoxHand(page));
    await fay.enterByLink(await stage.server.invitation(another, 'Fay'), { ...bond, name: 'Fay Fox' });
    await fay.submit();
    await viewer.portal.submit();
    await fay.share();
    await viewer.portal.state('live');
    // What is shared is the screen: another tab is seen on it at once, and live.
    await pattern.bringToFront();
    const seen = await untilSeen(viewer.page, 'the pattern', 10_000, (sample) => sample.tag === shown);
    expect([seen.width, seen.height]).toEqual([screen.width, screen.height]);
    await untilSeen(viewer.page, 'the next second', 10_000, ({ time }) => time! > seen.time! + 1000);
    await legibleAfter(viewer.page, pattern, 1, 10_000);
    expect((await page.evaluate(sent)) as string[]).toEqual(['video/VP9']);
    await page.bringToFront();
    await fay.hand.click('stop-share');
    await fay.shareState('idle');
    await viewer.portal.state('waiting');
  } finally {
    await sharing.close();
    screen.close();
  }
});
