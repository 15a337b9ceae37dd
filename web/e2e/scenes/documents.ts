import type { Page } from 'playwright-core';
import { pdf } from '../pdf.ts';
import { bond } from '../portal.ts';
import type { Area, Set } from '../scenes.ts';

const plan = pdf([
  { words: 'Delivery plan', colour: [1, 1, 1] },
  { words: 'What it costs', colour: [0.94, 0.97, 0.98] },
  { words: 'Next steps', colour: [1, 1, 1] },
]);

/** Somebody of the company in a conference of their own, with the tab of documents open. */
async function joined({ stage, look, page, portal }: Set): Promise<void> {
  const own = await stage.server.conference({ name: `Papers ${look.name}`, title: 'Project Neptune' });
  await portal.enterByLink(await stage.server.invitation(own, 'Paul Martin'), { ...bond, name: 'Paul Martin' });
  await portal.submit();
  await portal.state('waiting');
  await page.getByTestId('tab-documents').click();
  await page.getByTestId('documents-none').waitFor();
}

async function add(page: Page, name: string, mimeType: string, buffer: Buffer): Promise<void> {
  await page.getByTestId('documents-files').setInputFiles({ name, mimeType, buffer });
}

/** Documents, beside the stage and on it. */
export const area: Area = {
  title: 'Documents',
  checked: true,
  scenes: [
    { name: 'documents-none', show: joined },
    {
      name: 'documents',
      dark: true,
      async show({ page }) {
        await add(page, 'Project Neptune, delivery plan for the second half.pdf', 'application/pdf', plan);
        await page.getByTestId('document-item').nth(0).waitFor();
        await add(page, 'Figures.xlsx', '', Buffer.alloc(345_678, 1));
        await page.getByTestId('document-item').nth(1).waitFor();
      },
    },
    {
      name: 'documents-adding',
      async show({ page }) {
        // One is on its way for ever, another waits, a third cannot be added.
        await page.route('**/blobs/**', () => {});
        await add(page, 'Film of the site.mp4', 'video/mp4', Buffer.alloc(9_000_000, 2));
        await add(page, 'Notes.txt', 'text/plain', Buffer.from('notes'));
        await add(page, 'Nothing.txt', 'text/plain', Buffer.alloc(0));
        await page.locator('[data-testid="document-adding"][data-phase="sending"]').waitFor();
      },
    },
    {
      name: 'documents-delete',
      async show({ page }) {
        for (let left = await page.getByTestId('adding-cancel').count(); left > 0; left--) {
          await page.getByTestId('adding-cancel').first().click();
        }
        await page.unroute('**/blobs/**');
        await page.getByTestId('document-delete').last().click();
        await page.getByTestId('delete-confirm').waitFor();
      },
    },
    {
      name: 'documents-shown',
      window: true,
      dark: true,
      async show({ page }) {
        await page.keyboard.press('Escape');
        await page.getByTestId('document-show').first().click();
        await page.locator('[data-testid="document-surface"]:not([data-drawn=""])').waitFor();
      },
    },
    {
      name: 'documents-broken',
      async show({ page }) {
        await add(page, 'Broken.pdf', 'application/pdf', Buffer.from('%PDF-1.7 nothing'));
        await page.getByTestId('document-item').filter({ hasText: 'Broken' }).getByTestId('document-show').click();
        await page.getByTestId('documents-trouble').waitFor();
      },
    },
  ],
};
