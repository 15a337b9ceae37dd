/** The stage together: drawing over the picture and on the whiteboard, pointing, following, handing over. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import { drag, pointOf, rectOf, shapes, untilLooks, untilShapes, Wire, type Part } from './easel.ts';
import type { Conference } from './harness.ts';
import { press } from './keyboard.ts';
import { untilSeen } from './measure.ts';
import { bond } from './portal.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const first = 6101;
const second = 6102;
let stage: Stage;
let conference: Conference;
let ada: Presenter;
let grace: Presenter;
let guest: Attendee;
let wire: Wire;
/** Those of the two who present. */
let adas: Wire;
let graces: Wire;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'At the board' });
  [ada, grace, guest] = await Promise.all([
    stage.presenter(conference, {
      tag: first,
      pace: calm,
      name: 'Ada Presenter',
      prepare: async (page) => (adas = await Wire.tap(page)),
    }),
    stage.presenter(conference, {
      tag: second,
      pace: calm,
      name: 'Grace Colleague',
      prepare: async (page) => (graces = await Wire.tap(page)),
    }),
    stage.guest(conference),
  ]);
  await ada.portal.share();
  wire = await Wire.tap(guest.page);
  await guest.portal.submit();
  await Promise.all([guest, grace].map(({ portal }) => portal.state('live')));
});

afterAll(() => stage?.close());
// A cut connection is one that the browser complains about.
afterEach(() => expect(unexpected(/WebSocket connection/)).toEqual([]));

const near = (seen: Part, wanted: Part): void => {
  expect(seen[0]).toBeCloseTo(wanted[0], 2);
  expect(seen[1]).toBeCloseTo(wanted[1], 2);
};

/** What is drawn elsewhere comes in parts: its end is there a moment later. */
async function untilRight(check: () => Promise<void>): Promise<void> {
  await until('the shape in its place', 3000, () => check().then(() => true, () => false)).catch(check);
}

test('what is drawn over a share lies on the same place of the picture, however each one looks at it', async () => {
  const from: Part = [0.3, 0.4];
  const to: Part = [0.62, 0.58];
  await grace.portal.hand.click('nearer');
  await grace.portal.hand.click('nearer');
  await grace.portal.hand.click('tools');
  await grace.portal.hand.click('tool-line');
  await drag(grace.page, 'video', from, to);
  const lies = (page = guest.page): Promise<void> =>
    untilRight(async () => {
      const [line] = await untilShapes(page, 1, 'video');
      near(line!.from, from);
      near(line!.to, to);
    });
  await lies(grace.page);
  await lies();
  // The picture keeps its form, and the drawing goes with it.
  const whole = await rectOf(guest.page, 'video');
  const form = await guest.page.evaluate(() => {
    const video = document.querySelector('video')!;
    return video.videoWidth / video.videoHeight;
  });
  expect(whole.width / whole.height).toBeCloseTo(form, 2);
  await guest.portal.hand.click('actual');
  await lies();
  await guest.portal.hand.click('width');
  await lies();
  const under = await pointOf(guest.page, 'view', [0.4, 0.5]);
  await guest.page.mouse.move(...under);
  await guest.page.keyboard.down('Control');
  await guest.page.mouse.wheel(0, -300);
  await guest.page.keyboard.up('Control');
  await until('it is larger', 3000, async () => (await rectOf(guest.page, 'video')).width > 1.5 * whole.width);
  await lies();
  const before = await rectOf(guest.page, 'video');
  await guest.page.mouse.down();
  await guest.page.mouse.move(under[0] - 80, under[1] - 40, { steps: 3 });
  await guest.page.mouse.up();
  expect((await rectOf(guest.page, 'video')).x).toBeCloseTo(before.x - 80, 0);
  await lies();
  await guest.page.getByTestId('view').focus();
  await guest.page.keyboard.press('ArrowRight');
  await until('the key moved it', 3000, async () => (await rectOf(guest.page, 'video')).x < before.x - 100);
  await guest.page.keyboard.press('0');
  await until('it fits', 3000, async () => (await rectOf(guest.page, 'video')).width <= whole.width + 1);
  await lies();
});

test('a guest points at a share and cannot draw over it', async () => {
  await guest.portal.hand.click('tools');
  expect(await guest.portal.shows('tool-pointer')).toBe(true);
  for (const tool of ['pen', 'line', 'text', 'eraser']) {
    expect(await guest.portal.shows(`tool-${tool}`)).toBe(false);
  }
  await guest.portal.hand.click('tool-pointer');
  await guest.page.mouse.move(...(await pointOf(guest.page, 'video', [0.25, 0.5])));
  const pointer = await until('the pointer is seen', 5000, async () => {
    const [facts] = await grace.portal.facts('pointed');
    return facts;
  });
  expect(Number(pointer['x']) / 10_000).toBeCloseTo(0.25, 2);
  expect(Number(pointer['y']) / 10_000).toBeCloseTo(0.5, 2);
  expect((await grace.portal.texts('pointed')).join()).toContain('James Bond');
  await until('it fades', 6000, async () => (await grace.portal.facts('pointed')).length === 0);

  // A page that does not keep to it is refused, and nobody sees a thing.
  const surface = (await guest.portal.facts('ink'))[0]!['surface'];
  const shape = { key: 'forged', tool: 'line', colour: '#d3261c', width: 4, points: [0, 0, 9, 9], text: '' };
  wire.say({ type: 'board.draw', surface, shape });
  await until('the relay refuses', 5000, () =>
    wire.heard.some((message) => message['code'] === 'forbidden' && message['re'] === 'board.draw'),
  );
  await untilShapes(grace.page, 1);
});

test('what is drawn over a share while connections are cut comes to all, and each looks at it as before', async () => {
  const place = async ({ page }: Attendee) => rectOf(page, 'video');
  await guest.portal.hand.click('nearer');
  const before = await Promise.all([place(grace), place(guest)]);
  await wire.cut();
  await drag(grace.page, 'video', [0.4, 0.4], [0.5, 0.6]);
  await untilShapes(ada.page, 2);
  graces.lose();
  await drag(grace.page, 'video', [0.55, 0.4], [0.6, 0.5]);
  await graces.cut();
  await drag(grace.page, 'video', [0.45, 0.6], [0.6, 0.6]);
  await Promise.all([guest, grace].map(({ portal }) => portal.state('reconnecting')));
  expect(await shapes(grace.page, 'video')).toHaveLength(4);
  wire.mend();
  graces.mend();
  await Promise.all([guest, grace].map(({ portal }) => portal.state('live')));
  const lines = async ({ page }: Attendee) => (await shapes(page, 'video')).map(({ key, line }) => `${key} ${line}`);
  await until('everybody has all of it', 10_000, async () => {
    const [hers, his, theirs] = await Promise.all([lines(grace), lines(guest), lines(ada)]);
    return hers.length === 4 && [his, theirs].every((seen) => seen.join('\n') === hers.join('\n'));
  });
  const last = (await shapes(guest.page, 'video')).at(-1)!;
  near(last.from, [0.45, 0.6]);
  near(last.to, [0.6, 0.6]);
  expect(await Promise.all([place(grace), place(guest)])).toEqual(before);
  await guest.page.getByTestId('view').focus();
  await guest.page.keyboard.press('0');
  // As the tests after this one want it.
  for (let left = 3; left > 0; left--) {
    await grace.portal.hand.click('undo');
    await untilShapes(guest.page, left);
  }
});

test('all follow to the whiteboard, where guests draw, by mouse and by keys; who comes late sees it all', async () => {
  await ada.portal.hand.click('show-board');
  await Promise.all([ada, grace, guest].map(({ page }) => untilLooks(page, 'board')));
  await guest.portal.hand.click('tool-pen');
  await drag(guest.page, 'whiteboard', [0.2, 0.2], [0.4, 0.6]);
  await grace.portal.hand.click('tool-ellipse');
  await drag(grace.page, 'whiteboard', [0.6, 0.2], [0.8, 0.5]);
  for (const { page } of [ada, grace, guest]) {
    await untilRight(async () => {
      const [pen] = await untilShapes(page, 2, 'whiteboard');
      near(pen!.from, [0.2, 0.2]);
      near(pen!.to, [0.4, 0.6]);
    });
  }

  // By the keyboard alone: a text in the middle, then moved to the right.
  const { page } = guest;
  await page.getByTestId('tool-text').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('view').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('writer').waitFor();
  await page.keyboard.type('b f ? 1');
  await page.keyboard.press('Enter');
  const written = (await untilShapes(ada.page, 3)).at(-1)!;
  expect(written.text).toBe('b f ? 1');
  const left = async (): Promise<number> =>
    (await ada.page.locator('[data-tool="text"]').boundingBox())?.x ?? 0;
  const before = await left();
  await press(page, 'text-move', 'ArrowRight');
  await until('it moved for the others', 5000, async () => (await left()) > before + 5);
  expect((await untilShapes(ada.page, 3)).at(-1)!.key).toBe(written.key);
  expect(await barriers('whiteboard', page)).toEqual([]);

  const late = await stage.guest(conference, { ...bond, name: 'Eve Moneypenny' });
  await late.portal.submit();
  await untilLooks(late.page, 'board');
  const all = await untilShapes(late.page, 3);
  expect(all.map(({ key }) => key)).toEqual((await shapes(ada.page, 'view')).map(({ key }) => key));
  await late.context.close();

  await guest.portal.hand.click('undo');
  await untilShapes(ada.page, 2);
  const [picture] = await Promise.all([page.waitForEvent('download'), savePng(guest)]);
  expect(picture.suggestedFilename()).toBe('whiteboard.png');
  expect(await guest.portal.shows('clear')).toBe(false);
});

async function savePng({ portal }: Attendee): Promise<void> {
  await portal.hand.click('board-save');
  await portal.reach('board-save-png');
  await portal.hand.click('board-save-png');
}

test('a connection that is cut in the middle of a stroke loses nothing and doubles nothing', async () => {
  const { page } = guest;
  const before = (await shapes(page, 'whiteboard')).length;
  await guest.portal.hand.click('tool-pen');
  const to = async (x: number, y: number): Promise<void> =>
    page.mouse.move(...(await pointOf(page, 'whiteboard', [x, y])), { steps: 3 });
  await to(0.1, 0.8);
  await page.mouse.down();
  await to(0.3, 0.85);
  await untilShapes(ada.page, before + 1);
  wire.lose();
  await to(0.5, 0.75);
  await wire.cut();
  await to(0.7, 0.85);
  await page.mouse.up();
  await drag(page, 'whiteboard', [0.75, 0.8], [0.9, 0.9]);
  expect(await shapes(page, 'whiteboard')).toHaveLength(before + 2);
  wire.mend();
  const drawn = async (where: Attendee): Promise<string[]> =>
    (await shapes(where.page, 'whiteboard')).map(({ key, line }) => `${key} ${line}`);
  await until('everybody has all of both', 10_000, async () => {
    const [mine, theirs, others] = await Promise.all([drawn(guest), drawn(ada), drawn(grace)]);
    const same = [theirs, others].every((seen) => seen.join('\n') === mine.join('\n'));
    return same && mine.length === before + 2;
  });
  const [, whole] = (await shapes(ada.page, 'whiteboard')).slice(-3);
  near(whole!.from, [0.1, 0.8]);
  near(whole!.to, [0.7, 0.85]);
  // And pointing goes on.
  await guest.portal.hand.click('tool-pointer');
  await page.mouse.move(...(await pointOf(page, 'whiteboard', [0.5, 0.5])));
  await until('the pointer is seen', 5000, async () => (await ada.portal.facts('pointed')).length === 1);
});

test('who looks elsewhere is told, and comes back in one click', async () => {
  await guest.portal.hand.click('look-share');
  await untilLooks(guest.page, 'share');
  await until('it is said', 3000, async () => (await guest.portal.texts('elsewhere')).join().includes('whiteboard'));
  await guest.portal.hand.click('follow-presenter');
  await untilLooks(guest.page, 'board');
  await ada.portal.hand.click('clear');
  await ada.portal.hand.click('clear-yes');
  await untilShapes(guest.page, 0);
  // The share comes back for all.
  await ada.portal.hand.click('show-share');
  await Promise.all([grace, guest].map(({ page }) => untilLooks(page, 'share')));
  await untilSeen(guest.page, 'the share again', 5000, ({ tag }) => tag === first);
});

test('presenting is handed over in one click, whoever loses the connection meanwhile', async () => {
  const press = async (): Promise<void> => {
    await ada.portal.hand.click('handover');
    await ada.page.getByRole('menuitem', { name: /Grace/ }).click();
  };
  const answer = (wanted: string): Promise<boolean> =>
    until(`the answer ${wanted}`, 10_000, async () => {
      const [facts] = await ada.portal.facts('offering');
      return facts?.['answer'] === wanted;
    });
  // Offered, and then declined, by who has no connection at that moment.
  await adas.cut();
  await ada.portal.state('reconnecting');
  await press();
  adas.mend();
  await grace.portal.reach('offered');
  graces.lose();
  await grace.portal.hand.click('offered-decline');
  await graces.cut();
  graces.mend();
  await answer('declined');
  await ada.portal.shareState('live');
  expect(await grace.portal.shows('offered')).toBe(false);
  // Taken while who has offered has none.
  await press();
  await grace.portal.reach('offered');
  await adas.cut();
  await grace.portal.hand.click('offered-share');
  await grace.portal.shareState('live');
  await ada.portal.state('reconnecting');
  adas.mend();
  await answer('taken');
  await ada.portal.shareState('idle');
  await untilSeen(guest.page, 'the other share', 10_000, ({ tag }) => tag === second);
  await until('one share is left', 5000, async () => (await guest.portal.facts('share')).length === 1);
  // Nobody ends their share by a slip of the hand.
  const asked = grace.page.waitForEvent('dialog');
  const leaving = grace.page.evaluate(() => location.reload());
  const dialog = await asked;
  expect(dialog.type()).toBe('beforeunload');
  await Promise.all([dialog.dismiss(), leaving]);
  await grace.portal.shareState('live');
});

test('the whole screen, the small window, the keys, and the panel put away', async () => {
  const { page, portal } = guest;
  await portal.hand.click('fullscreen');
  await until('the whole screen', 3000, () => page.evaluate(() => document.fullscreenElement?.matches('.picture') ?? false));
  await portal.hand.click('fullscreen');
  await until('back again', 3000, () => page.evaluate(() => document.fullscreenElement === null));
  await portal.hand.click('inset');
  await until('the small window', 3000, () => page.evaluate(() => document.pictureInPictureElement !== null));
  await wire.cut();
  await portal.state('reconnecting');
  wire.mend();
  await portal.state('live');
  expect(await page.evaluate(() => document.pictureInPictureElement !== null)).toBe(true);
  await page.evaluate(() => document.exitPictureInPicture());
  await page.getByTestId('view').focus();
  await page.keyboard.press('?');
  await portal.reach('keys');
  expect(await barriers('keys', page)).toEqual([]);
  await portal.hand.click('keys-letters');
  await page.keyboard.press('Escape');
  await page.getByTestId('keys').waitFor({ state: 'detached' });
  await page.keyboard.press('b');
  await page.keyboard.press('p');
  await untilLooks(page, 'share');
  expect(await portal.shows('shares')).toBe(true);
  await portal.hand.click('panel-toggle');
  await until('the panel is put away', 3000, async () => !(await portal.shows('shares')));
  await portal.hand.click('panel-toggle');
  await portal.reach('shares');
});

test('the end has a page of its own', async () => {
  // Who has no connection at that moment is told afterwards.
  await wire.cut();
  await guest.portal.state('reconnecting');
  await stage.server.endConference(conference);
  await ada.portal.reach('after');
  wire.mend();
  for (const [{ portal }, end] of [[guest, 'missed'], [ada, 'ended']] as const) {
    await portal.reach('after', 20_000);
    await portal.state('ended');
    expect((await portal.facts('after'))[0]!['end']).toBe(end);
  }
  expect(await barriers('after', guest.page)).toEqual([]);
  expect(unexpected(/WebSocket connection|status of 403 .*\/join-tokens/)).toEqual([]);
});
