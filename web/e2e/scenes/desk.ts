import { report, send, test } from '../reports.ts';
import type { Area } from '../scenes.ts';

/** The support desk. */
export const area: Area = {
  title: 'The support desk',
  scenes: [
    {
      name: 'desk-key',
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/support/desk`);
        await page.getByTestId('desk-key').waitFor();
      },
    },
    {
      name: 'desk',
      dark: true,
      async show({ stage, page }) {
        const session = await test(page);
        const code = await send(page, report, { result: 'failed', failed: ['udp'], name: 'Ada Lovelace', client: 'Chromium' }, session);
        await page.getByTestId('desk-key').fill(stage.server.supportKey);
        await page.getByTestId('desk-sign-in').click();
        await page.locator(`[data-code="${code}"][data-testid="desk-row"]`).waitFor();
      },
    },
    {
      name: 'desk-none',
      async show({ page }) {
        await page.getByTestId('desk-status').selectOption('closed');
        await page.getByTestId('desk-none').waitFor();
      },
    },
    {
      name: 'desk-unknown',
      async show({ page }) {
        await page.getByTestId('desk-code').fill('AAAA-AAAA');
        await page.keyboard.press('Enter');
        await page.locator('.alert.refusal').waitFor();
      },
    },
    {
      name: 'desk-report',
      dark: true,
      async show({ page }) {
        await page.getByTestId('desk-status').selectOption('');
        await page.locator('[data-testid="desk-row"] button').first().click();
        await page.getByTestId('desk-report').waitFor();
        await page.getByTestId('desk-server').waitFor();
      },
    },
    {
      name: 'desk-erase',
      window: true,
      async show({ page }) {
        await page.getByTestId('desk-erase').click();
        await page.getByTestId('desk-erase-yes').waitFor();
      },
    },
  ],
};
