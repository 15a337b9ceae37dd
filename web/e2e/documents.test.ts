/** Documents: added by who presents, shown page by page to all, downloaded by guests, gone with the conference. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import type { Conference } from './harness.ts';
import { pdf } from './pdf.ts';
import { bond } from './portal.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const plan = pdf([
  { words: 'First: the plan', colour: [1, 0.8, 0.8] },
  { words: 'Second: the cost', colour: [0.8, 1, 0.8] },
  { words: 'Third: the end', colour: [0.8, 0.8, 1] },
]);
const rosy = [255, 204, 204];
const bluish = [204, 204, 255];

/** Where files come and go, whoever keeps them. */
const files = /^(?!.*\/api\/).*\/documents\/[a-z0-9]+\?/;

let stage: Stage;
let conference: Conference;
let presenter: Presenter;
let guest: Attendee;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Papers' });
  presenter = await stage.presenter(conference, { tag: 8401, name: 'Ada Presenter', pace: calm });
  guest = await stage.guest(conference);
  await guest.context.addInitScript(rememberSockets);
  await guest.page.reload();
  await guest.portal.submit();
  await guest.portal.state('waiting');
  for (const { page } of [presenter, guest]) await page.getByTestId('tab-documents').click();
});

afterAll(() => stage?.close());
// What the tests cut off, and what is refused after the end, the browser writes into the console.
afterEach(() => expect(unexpected(/net::ERR_|WebSocket connection|status of 409 .*\/complete|status of 403/)).toEqual([]));

/** Runs in the page before its own scripts. */
function rememberSockets(): void {
  const sockets: WebSocket[] = [];
  window.WebSocket = class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
  Object.assign(window, { sockets });
}

/** Ends the control channel, as a lost network would. */
async function loseSockets(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const socket of (window as unknown as { sockets: WebSocket[] }).sockets) socket.close();
  });
}

async function add(page: Page, ...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
  await page.getByTestId('documents-files').setInputFiles(files);
}

function item(page: Page, name: string) {
  return page.getByTestId('document-item').filter({ hasText: name });
}

async function remove(name: string): Promise<void> {
  await item(presenter.page, name).getByTestId('document-delete').click();
  await presenter.page.getByTestId('delete-confirm').click();
}

/** Waits until a page of a document is drawn. */
async function drawn(page: Page, key: string): Promise<void> {
  await page.locator(`[data-testid="document-surface"][data-drawn="${key}"]`).waitFor({ timeout: 15_000 });
}

/** The colour of the page at a place, in parts of its measures. */
function colour(page: Page, x: number, y: number): Promise<number[]> {
  return page.evaluate(
    ([atX, atY]) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.document-page canvas')!;
      const at = canvas.getContext('2d')!.getImageData(canvas.width * atX!, canvas.height * atY!, 1, 1);
      return [...at.data.slice(0, 3)];
    },
    [x, y],
  );
}

const textOf = (page: Page) => page.getByTestId('page-text').innerText();

test('a presenter adds documents, and everybody sees them in the list', async () => {
  expect(await presenter.portal.shows('documents-none')).toBe(true);
  const picture = await presenter.pattern.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 } });
  await add(
    presenter.page,
    { name: 'Plan.pdf', mimeType: 'application/pdf', buffer: plan },
    { name: 'Picture.png', mimeType: 'image/png', buffer: picture },
  );
  for (const { page } of [presenter, guest]) {
    await item(page, 'Plan.pdf').waitFor();
    await item(page, 'Picture.png').waitFor();
  }
  expect(await item(guest.page, 'Plan.pdf').innerText()).toContain('from Mr Ada Presenter');
  for (const id of ['documents-add', 'document-show', 'document-delete']) {
    expect(await guest.portal.shows(id), id).toBe(false);
  }
  expect(await barriers('the documents', presenter.page)).toEqual([]);
});

test('a file that is too large is refused with words, before it is sent', async () => {
  await presenter.page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('[data-testid="documents-files"]')!;
    const dropped = new DataTransfer();
    dropped.items.add(new File([new Uint8Array((50 << 20) + 1)], 'Film.mp4'));
    input.files = dropped.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  const refused = presenter.page.getByTestId('document-adding').filter({ hasText: 'Film.mp4' });
  expect(await refused.getByTestId('document-problem').innerText()).toContain('at most 50');
  await refused.getByTestId('adding-cancel').click();
  await refused.waitFor({ state: 'detached' });
});

test('an upload that is cut off goes on by itself', async () => {
  let cut = 0;
  await presenter.context.route(files, (route) => (cut++ === 0 ? route.abort() : route.continue()));
  await add(presenter.page, { name: 'Cut.txt', mimeType: 'text/plain', buffer: Buffer.from('to be continued') });
  await presenter.page.locator('[data-testid="document-adding"][data-phase="waiting"]').waitFor();
  await item(guest.page, 'Cut.txt').waitFor();
  expect(cut).toBe(2);
  await presenter.context.unroute(files);
});

test('a document is shown page by page: everybody follows, who comes late too', async () => {
  await item(presenter.page, 'Plan.pdf').getByTestId('document-show').click();
  const id = (await item(presenter.page, 'Plan.pdf').getAttribute('data-id'))!;
  for (const { page } of [presenter, guest]) {
    await drawn(page, `${id}/1`);
    expect(await textOf(page)).toContain('First: the plan');
    expect(await colour(page, 0.5, 0.8)).toEqual(rosy);
  }
  expect(await guest.portal.shows('page-next')).toBe(false);
  expect(await barriers('a page', guest.page)).toEqual([]);
  await presenter.page.getByTestId('page-next').click();
  await drawn(guest.page, `${id}/2`);
  await presenter.page.locator('body').click({ position: { x: 5, y: 5 } });
  await presenter.page.keyboard.press('PageDown');
  await drawn(guest.page, `${id}/3`);
  const late = await stage.guest(conference, { ...bond, name: 'Felix Leiter' });
  await late.portal.submit();
  await drawn(late.page, `${id}/3`);
  for (const { page } of [presenter, guest, late]) {
    expect(await textOf(page)).toContain('Third: the end');
    expect(await colour(page, 0.5, 0.8)).toEqual(bluish);
  }
  await late.context.close();
});

test('who loses the connection has the page of the others afterwards', async () => {
  const id = (await item(presenter.page, 'Plan.pdf').getAttribute('data-id'))!;
  let cut = 0;
  await guest.context.route(files, (route) => (cut++ === 0 ? route.abort() : route.continue()));
  await guest.context.setOffline(true);
  await loseSockets(guest.page);
  await presenter.page.getByTestId('page-number').fill('1');
  await presenter.page.getByTestId('page-number').press('Enter');
  await drawn(presenter.page, `${id}/1`);
  await guest.portal.state('reconnecting');
  // What cannot be downloaded now says so, until it can.
  await item(guest.page, 'Plan.pdf').getByTestId('document-download').click();
  await guest.page.getByTestId('documents-trouble').waitFor();
  // Meanwhile one document comes, and one goes.
  await add(presenter.page, { name: 'Meanwhile.txt', mimeType: 'text/plain', buffer: Buffer.from('missed') });
  await item(presenter.page, 'Meanwhile.txt').waitFor();
  await remove('Cut.txt');
  await item(presenter.page, 'Cut.txt').waitFor({ state: 'detached' });
  await guest.context.setOffline(false);
  await drawn(guest.page, `${id}/1`);
  await item(guest.page, 'Meanwhile.txt').waitFor();
  await item(guest.page, 'Cut.txt').waitFor({ state: 'detached' });
  // Another document, whose file does not come at first.
  await item(presenter.page, 'Picture.png').getByTestId('document-show').click();
  const other = (await item(presenter.page, 'Picture.png').getAttribute('data-id'))!;
  await guest.page.getByTestId('document-trouble').waitFor();
  await guest.page.getByTestId('document-again').click();
  await drawn(guest.page, `${other}/1`);
  expect(await colour(guest.page, 0.5, 0.5)).toEqual(await colour(presenter.page, 0.5, 0.5));
  await guest.context.unroute(files);
  await presenter.page.getByTestId('document-close').click();
  await guest.page.getByTestId('turner').waitFor({ state: 'detached' });
});

test('what is no document is not shown, and nobody is disturbed', async () => {
  const hostile = Buffer.concat([plan.subarray(0, 300), Buffer.from('\n<</Kids[2 0 R]/Count 1e9>>stream')]);
  await add(presenter.page, { name: 'Broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nnothing') });
  await item(presenter.page, 'Broken.pdf').getByTestId('document-show').click();
  const said = presenter.page.getByTestId('documents-trouble');
  await said.filter({ hasText: 'cannot be shown' }).waitFor();
  await add(presenter.page, { name: 'Loop.pdf', mimeType: 'application/pdf', buffer: hostile });
  await item(presenter.page, 'Loop.pdf').getByTestId('document-show').click();
  await said.filter({ hasText: 'cannot be shown' }).waitFor();
  expect(await guest.portal.shows('document-surface')).toBe(false);
});

test('a guest downloads a document; its presenter deletes it for all', async () => {
  // The connection is lost and comes back while the file is asked for.
  const sent = new Promise<() => void>((hold) => {
    void guest.context.route(/\/content$/, (route) => hold(() => void route.continue()));
  });
  const coming = guest.page.waitForEvent('download');
  await item(guest.page, 'Plan.pdf').getByTestId('document-download').click();
  const goOn = await sent;
  await guest.page.getByTestId('documents-trouble').waitFor({ state: 'detached' });
  await loseSockets(guest.page);
  await guest.portal.state('reconnecting');
  await guest.portal.state('waiting');
  goOn();
  const download = await coming;
  await guest.context.unroute(/\/content$/);
  expect(download.suggestedFilename()).toBe('Plan.pdf');
  expect(readFileSync((await download.path())!).equals(plan)).toBe(true);
  await remove('Meanwhile.txt');
  await item(guest.page, 'Meanwhile.txt').waitFor({ state: 'detached' });
});

test('the documents go with the conference', async () => {
  const ask = (path: string) =>
    guest.page.evaluate(async (at) => {
      const answer = await fetch(at);
      return { status: answer.status, body: (await answer.json().catch(() => null)) as { url?: string } | null };
    }, path);
  const id = (await item(guest.page, 'Plan.pdf').getAttribute('data-id'))!;
  const { body } = await ask(`/api/v1/documents/${id}/content`);
  expect((await fetch(body!.url!)).status).toBe(200);
  await stage.server.endConference(conference);
  expect((await ask('/api/v1/documents')).status).toBe(403);
  await until('the files are gone', 5000, async () => (await fetch(body!.url!)).status === 404);
});
