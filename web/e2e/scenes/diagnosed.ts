import type { Area } from '../scenes.ts';

/** The diagnostic tool at work, and what it has found. */
export const area: Area = {
  title: 'Diagnostic tool, under way and afterwards',
  scenes: [
    {
      name: 'diagnostic-running',
      dark: true,
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/diagnostic`);
        await page.getByTestId('diagnostic-start').click();
        await page.locator('[data-testid="row-websocket"][data-state="passed"]').waitFor();
      },
    },
    {
      name: 'diagnostic-failed',
      dark: true,
      async show({ stage, page }) {
        // The relays let no picture in or out, as behind a proxy that knows better.
        await page.route(/\/wh[ie]p(\/|$)/, (route) => route.abort());
        await page.goto(`${stage.server.origin}/diagnostic`);
        await page.getByTestId('diagnostic-start').click();
        for (const way of ['udp', 'tcp', 'turn', 'turn-tcp']) {
          await page.locator(`[data-testid="row-${way}"][data-state="failed"]`).waitFor();
        }
        await page.getByTestId('diagnostic-stop').click();
        await page.locator('[data-testid="diagnostic"][data-phase="stopped"]').waitFor();
      },
    },
    {
      name: 'diagnostic-unsent',
      async show({ page }) {
        await page.route('**/api/v1/diagnostics', (route) => route.abort());
        await page.getByTestId('report-consent').check();
        await page.getByTestId('report-send').click();
        await page.getByTestId('report-failed').waitFor();
      },
    },
    {
      name: 'diagnostic-code',
      dark: true,
      async show({ page }) {
        await page.unroute('**/api/v1/diagnostics');
        await page.getByTestId('report-send').click();
        await page.getByTestId('report-code').waitFor();
      },
    },
  ],
};
