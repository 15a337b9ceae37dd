import { untilSeen } from '../measure.ts';
import { bond } from '../portal.ts';
import type { Area } from '../scenes.ts';

/** A guest's way from the home page to the picture. */
export const area: Area = {
  title: 'Getting in',
  checked: true,
  scenes: [
    {
      name: 'not-found',
      async show({ stage, page }) {
        await page.goto(`${stage.server.origin}/nowhere`);
        await page.locator('main h1').waitFor();
      },
    },
    {
      name: 'home',
      dark: true,
      async show({ stage, page, portal }) {
        await page.goto(stage.server.origin);
        await portal.reach('participate');
      },
    },
    {
      name: 'home-missing',
      async show({ portal }) {
        await portal.hand.click('participate');
      },
    },
    {
      name: 'refusal',
      dark: true,
      async show({ portal, conference }) {
        await portal.ask(conference.name, 'wrong');
        await portal.reach('refusal');
      },
    },
    {
      name: 'identify',
      dark: true,
      async show({ portal, conference }) {
        await portal.ask(conference.name, conference.password);
        await portal.reach('identify-submit');
      },
    },
    {
      name: 'identify-wrong',
      async show({ portal }) {
        await portal.hand.fill('email', 'bond');
        await portal.hand.click('identify-submit');
      },
    },
    {
      name: 'choice',
      dark: true,
      async show({ portal }) {
        await portal.identify(bond);
        await portal.reach('choice-browser');
      },
    },
    {
      name: 'choice-software',
      async show({ portal }) {
        await portal.hand.click('choice-software');
        await portal.reach('software-unavailable');
      },
    },
    {
      name: 'conference',
      dark: true,
      async show({ portal }) {
        await portal.withoutInstallation();
      },
    },
    {
      name: 'tool',
      window: true,
      dark: true,
      async show({ page, portal, tag }) {
        await portal.submit();
        await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
        await portal.state('live');
        await portal.reach('way-picture');
      },
    },
  ],
};
