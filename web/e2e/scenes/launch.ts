import { bond } from '../portal.ts';
import type { Area } from '../scenes.ts';
import { addressOf, offering, pressBelow, redeem } from '../software.ts';

const phase = (name: string): string => `[data-testid="launch-state"][data-phase="${name}"]`;

const addresses = new WeakMap<object, Promise<string>>();

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
        addresses.set(page, addressOf(page));
        await portal.hand.click('choice-software');
        await page.locator(phase('opened')).waitFor();
      },
    },
    {
      name: 'launch-guide',
      dark: true,
      async show({ page, portal }) {
        await portal.reach('launch-guide', 12_000);
        await pressBelow(page, 'launch-check');
      },
    },
    {
      name: 'launch-started',
      async show({ stage, page }) {
        await redeem(stage.server.origin, (await addresses.get(page))!);
        await page.locator(phase('started')).waitFor();
      },
    },
    {
      name: 'launch-old',
      async show({ stage, another, conference }) {
        // The question of the scene before lies over its page.
        const { page, portal } = await another('too old');
        await offering(page);
        await page.route('**/api/v1/launch-codes/*', (route) =>
          route.fulfill({ json: { status: 'waiting', version: '1.1.0' } }),
        );
        await page.goto(stage.server.origin);
        await portal.ask(conference.name, conference.password);
        await portal.identify(bond);
        await portal.reach('keep-way');
        await portal.hand.click('choice-software');
        await page.locator(phase('old')).waitFor();
        return page;
      },
    },
    {
      name: 'launch-refused',
      async show({ stage, another, conference }) {
        const { page, portal } = await another('refused');
        await offering(page);
        await page.route('**/api/v1/launch-codes', (route) => route.abort());
        await page.goto(stage.server.origin);
        await portal.ask(conference.name, conference.password);
        await portal.identify(bond);
        await portal.reach('keep-way');
        await portal.hand.click('choice-software');
        await page.locator(phase('failed')).waitFor();
        return page;
      },
    },
  ],
};
