import { open, person } from '../chromium.ts';
import { bond, chromiumHand, Portal } from '../portal.ts';
import type { Area, Set } from '../scenes.ts';
import type { Attendee } from '../stage.ts';

const shared = 'What the presenter shows';

/** Somebody who shares a page, in a browser that asks nothing. */
async function presenter({ stage, look, after }: Set): Promise<Attendee> {
  const conference = await stage.server.conference({
    name: `Presenting ${look.name}`,
    title: 'Project Neptune, steering group of the second half of the year',
  });
  const browser = await stage.browser({ share: shared });
  after(() => browser.close());
  const context = await person(browser, look.options);
  await open(context, 'what is shared', stage.site.pattern({ title: shared, tag: 8204, still: true }));
  const page = await open(context, 'presenter');
  const portal = new Portal(chromiumHand(page));
  const colleague = await browser.newContext(look.options);
  const other = new Portal(chromiumHand(await open(colleague, 'colleague')));
  for (const [who, name] of [
    [other, 'Grace Hopper'],
    [portal, 'Paul Martin'],
  ] as const) {
    await who.enterByLink(await stage.server.invitation(conference, name), { ...bond, title: '', name });
    await who.submit();
    await who.state(['waiting', 'live']);
  }
  return { context, page, portal };
}

/** Who is with whom, by the page of the scenes. */
const presenters = new WeakMap<object, Attendee>();

/** Somebody who presents, with colleagues to whom they can hand over. */
export const area: Area = {
  title: 'Presenting',
  scenes: [
    {
      name: 'presenter-waiting',
      window: true,
      async show(set) {
        const made = await presenter(set);
        presenters.set(set.page, made);
        return made.page;
      },
    },
    {
      name: 'presenter-sharing',
      window: true,
      dark: true,
      async show({ page }) {
        const made = presenters.get(page)!;
        await made.portal.share('Delivery plan');
        await made.portal.state('live');
        await made.page.locator('[data-testid="watched-by"][data-count="1"]').waitFor();
        return made.page;
      },
    },
    {
      name: 'presenter-drawing',
      window: true,
      async show({ page }) {
        const made = presenters.get(page)!;
        await made.portal.hand.click('own-show');
        await made.portal.hand.click('tools');
        await made.portal.reach('tool-pen');
        return made.page;
      },
    },
    {
      name: 'presenter-offering',
      window: true,
      async show({ page }) {
        const made = presenters.get(page)!;
        await made.portal.hand.click('handover');
        await made.page.locator('[data-testid^="handover-"]').first().click();
        await made.page.locator('[data-testid="offering"]:not(:empty)').waitFor();
        return made.page;
      },
    },
    {
      name: 'offered',
      window: true,
      dark: true,
      async show({ page }) {
        const { context } = presenters.get(page)!;
        const other = context.browser()!.contexts().find((each) => each !== context);
        const [asked] = other!.pages();
        await asked!.getByTestId('offered').waitFor();
        return asked!;
      },
    },
  ],
};
