import type { Area, Scene } from '../scenes.ts';

const topic = (path: string): Scene => ({
  name: path.replace('/', '-'),
  async show({ stage, page }) {
    await page.goto(`${stage.server.origin}/${path}`);
    await page.locator('[data-testid="help-topic"]').waitFor();
  },
});

/** The guide and its search; the addresses for network teams. */
export const area: Area = {
  title: 'Help',
  scenes: [
    {
      name: 'help',
      dark: true,
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/help`);
        await page.getByTestId('help-contents').waitFor();
      },
    },
    {
      name: 'help-found',
      async show({ page }) {
        await page.getByTestId('help-query').fill('audio');
        await page.getByTestId('help-result').first().waitFor();
      },
    },
    topic('help/voice'),
    topic('help/api'),
    {
      name: 'help-lost',
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/help/nothing`);
        await page.getByTestId('help-lost').waitFor();
      },
    },
    {
      name: 'addresses',
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/prerequisites`);
        await page.getByTestId('addresses').click();
        await page.locator('[data-testid^="addresses-f"]').waitFor();
      },
    },
  ],
};
