import type { Area } from '../scenes.ts';

/** The diagnostic tool, before it was begun. */
export const area: Area = {
  title: 'Diagnostic tool',
  checked: true,
  scenes: [
    {
      name: 'diagnostic',
      dark: true,
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/diagnostic`);
        await page.locator('main h1').waitFor();
      },
    },
  ],
};
