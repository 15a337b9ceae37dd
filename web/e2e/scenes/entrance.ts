import type { Area } from '../scenes.ts';

/** Before the conference: who comes early, who is known, the test of the computer. */
export const area: Area = {
  title: 'Early, by a personal link, and tested',
  scenes: [
    {
      name: 'home-tested',
      dark: true,
      async show({ stage, page }) {
        await page.goto(stage.server.origin);
        await page.getByTestId('selftest-run').click();
        await page.locator('[data-verdict="good"], [data-verdict="warn"], [data-verdict="bad"]').waitFor();
      },
    },
    {
      name: 'home-unreachable',
      async show({ page, portal, conference }) {
        await page.route('**/api/v1/admissions', (route) => route.abort());
        await portal.ask(conference.name, conference.password);
        await portal.reach('refusal');
        await page.unroute('**/api/v1/admissions');
      },
    },
    {
      name: 'early',
      dark: true,
      async show({ stage, look, page, portal }) {
        const conference = await stage.server.conference({
          name: `Early ${look.name}`,
          startsAt: new Date(Date.now() + 3 * 3_600_000),
          timezone: 'Asia/Tokyo',
          welcome: 'Good morning to all.',
        });
        const who = { kind: 'guest', name: 'Ada Byron', email: 'ada@guest.example' };
        await page.goto(await stage.server.link(conference, who));
        await portal.reach('early');
      },
    },
    {
      name: 'by-link',
      async show({ stage, page, portal, conference }) {
        const who = { kind: 'guest', name: 'Ada Byron', email: 'ada@guest.example' };
        await page.goto(await stage.server.link(conference, who));
        await portal.reach('submit');
      },
    },
  ],
};
