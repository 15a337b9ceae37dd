/** A guest's report: made in the page, uploaded, read out, and pulled at the support desk. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { barriers } from './barriers.ts';
import { launch, open, person } from './chromium.ts';
import { Coopnet } from './harness.ts';
import { report, send, test as tests } from './reports.ts';
import { unexpected } from './watch.ts';

let server: Coopnet;
let browser: Browser;

beforeAll(async () => {
  server = await Coopnet.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

afterEach(() => expect(unexpected()).toEqual([]));

test('support finds a report by the code that the guest reads out', async () => {
  const guest = await open(await person(browser), 'guest', `${server.origin}/support`);
  const session = await tests(guest);
  const about = {
    result: 'failed',
    failed: ['udp'],
    name: 'Ada <img src=x onerror=alert(1)>',
    client: 'Chromium',
  };
  const code = await send(guest, report, about, session);
  const other = await send(guest, '{"format":"something else"}', { result: 'passed', name: 'Bob' });
  await guest.context().close();

  const context = await person(browser, { acceptDownloads: true });
  const desk = await open(context, 'desk', `${server.origin}/support/desk`);
  await desk.getByTestId('desk-key').fill(server.supportKey);
  await desk.getByTestId('desk-sign-in').click();
  const row = desk.locator(`[data-code="${code}"][data-testid="desk-row"]`);
  await row.waitFor();
  expect(await row.innerText()).toContain('Ada <img src=x onerror=alert(1)>');
  expect(await barriers('the list', desk)).toEqual([]);

  await desk.getByTestId('desk-code').fill(code.toLowerCase().replaceAll('-', ' '));
  await desk.keyboard.press('Enter');
  await desk.locator(`[data-testid="desk-report"][data-code="${code}"][data-status="seen"]`).waitFor();
  expect(await desk.evaluate(() => document.activeElement?.textContent)).toContain(code);
  const first = desk.getByTestId('desk-finding').first();
  expect(await first.innerText()).toContain('A firewall lets no UDP out.');
  expect(await desk.getByTestId('desk-trail').innerText()).toContain('opened');
  // What the relay has told of the guest's test is there, whether or not it came before the report.
  await expect
    .poll(
      async () => {
        if ((await desk.locator('[data-testid="desk-media"] tr[data-way="udp"]').count()) > 0) return true;
        await desk.getByTestId('desk-back').click();
        await row.locator('button').click();
        await desk.getByTestId('desk-server').waitFor();
        return false;
      },
      { timeout: 10_000 },
    )
    .toBe(true);
  expect(await desk.getByTestId('desk-requests').innerText()).toContain('/diagnostics/sessions/{id}/tokens');
  expect(await barriers('a report', desk)).toEqual([]);

  const [download] = await Promise.all([
    desk.waitForEvent('download'),
    desk.getByTestId('desk-download').click(),
  ]);
  expect(download.suggestedFilename()).toBe(`coopnet-report-${code}.json`);
  expect(readFileSync((await download.path())!, 'utf8')).toBe(report);

  await desk.getByTestId('desk-note').fill('Called back');
  await desk.getByTestId('desk-save').click();
  await desk.getByTestId('desk-said').getByText('Saved').waitFor();
  await desk.getByTestId('desk-erase').click();
  expect(await barriers('the question', desk)).toEqual([]);
  await desk.getByTestId('desk-erase-yes').click();
  await desk.getByTestId('desk-said').getByText('erased').waitFor();
  expect(await row.count()).toBe(0);

  // What is no report of ours can be downloaded all the same, and after a reload the key is still there.
  await desk.reload();
  await desk.locator(`[data-code="${other}"] button`).click();
  await desk.getByTestId('desk-unreadable').waitFor();
  await desk.getByTestId('desk-back').click();
  await desk.getByTestId('desk-sign-out').click();
  await desk.getByTestId('desk-key').waitFor();
  expect(await desk.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).not.toContain('cns_');
  await context.close();
});
