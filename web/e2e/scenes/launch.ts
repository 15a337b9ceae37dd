import { bond } from '../portal.ts';
import type { Area } from '../scenes.ts';
import { offering, redeem } from '../software.ts';

const phase = (name: string): string => `[data-testid="launch-state"][data-phase="${name}"]`;

/** The way into the software. */
export const area: Area = {
  title: 'Joining with the software',
  scenes: [
    {
      name: 'launch-choice',
      async show({ stage, page, portal, conference }) {
        await offering(page);
        await page.goto(stage.server.origin);
        await portal.ask(conference.name, conference.password);
        await portal.identify(bond);
        await portal.reach('keep-way');
      },
    },
    {
      name: 'launch-waiting',
      dark: true,
      async show({ page, portal }) {
        await portal.hand.click('choice-software');
        await page.locator(phase('opened')).waitFor();
      },
    },
    {
      name: 'launch-guide',
      dark: true,
      async show({ page, portal }) {
        await portal.reach('launch-guide', 12_000);
        await page.getByTestId('launch-check').click();
      },
    },
    {
      name: 'launch-started',
      async show({ stage, page }) {
        const address = await page.getByTestId('launch-open').getAttribute('href');
        await redeem(stage.server.origin, address!);
        await page.locator(phase('started')).waitFor();
      },
    },
    {
      name: 'launch-refused',
      async show({ stage, page, portal, conference }) {
        await page.route('**/api/v1/launch-codes', (route) => route.abort());
        await page.goto(stage.server.origin);
        await portal.ask(conference.name, conference.password);
        await portal.reach('keep-way');
        await portal.hand.click('choice-software');
        await page.locator(phase('failed')).waitFor();
      },
    },
  ],
};
