/** A guest's report: made in the page, uploaded, read out, and pulled at the support desk. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { barriers } from './barriers.ts';
import { launch, open, person } from './chromium.ts';
import { Coopnet } from './harness.ts';
import { unexpected } from './watch.ts';

const report = readFileSync(new URL('../src/session/testing/report.json', import.meta.url), 'utf8');

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

/** Does what the portal's diagnostic tool does, in a page of the portal, under its policy. Gives the spoken code. */
function send(page: Page, content: string, summary: Record<string, unknown>): Promise<string> {
  return page.evaluate(
    async ([text, about]) => {
      const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
        const answer = await fetch(`/api/v1/diagnostics${path}`, {
          method: 'POST',
          ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
        });
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as Record<string, unknown>;
      };
      const bytes = new TextEncoder().encode(text);
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const sha256 = [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const made = await call('', { size: bytes.length, sha256, summary: about });
      const { method, url, headers } = made['upload'] as {
        method: string;
        url: string;
        headers: Record<string, string>;
      };
      const put = await fetch(url, { method, headers, body: bytes });
      if (!put.ok) throw new Error(`upload: ${put.status}`);
      const done = await call(`/${String(made['id'])}/complete`);
      return String(done['code']);
    },
    [content, summary] as const,
  );
}

test('support finds a report by the code that the guest reads out', async () => {
  const guest = await open(await person(browser), 'guest', `${server.origin}/support`);
  const code = await send(guest, report, {
    result: 'failed',
    failed: ['udp'],
    name: 'Ada <img src=x onerror=alert(1)>',
    client: 'Chromium',
  });
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
