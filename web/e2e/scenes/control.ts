import { open, person } from '../chromium.ts';
import type { Conference } from '../harness.ts';
import { bond, chromiumHand, Portal } from '../portal.ts';
import type { Area, Set } from '../scenes.ts';
import { controllable, PlayedSoftware } from '../software.ts';
import type { Attendee } from '../stage.ts';

const shared = 'What can be controlled';
/** Of the presenter, by the page of the scenes. */
const presenters = new WeakMap<object, Attendee>();
const softwares = new WeakMap<object, PlayedSoftware>();
const conferences = new WeakMap<object, Conference>();

/** Somebody who shares with the software, as a page that plays it. */
async function presenter({ stage, look, page, portal, after }: Set): Promise<Attendee> {
  const conference = await stage.server.conference({ name: `Control ${look.name}`, title: 'Project Neptune' });
  const browser = await stage.browser({ share: shared });
  after(() => browser.close());
  const context = await person(browser, look.options);
  await open(context, 'what is shared', stage.site.pattern({ title: shared, tag: 8205, still: true }));
  const own = await open(context, 'presenter');
  await controllable(own);
  const made = { context, page: own, portal: new Portal(chromiumHand(own)) };
  for (const [who, name] of [
    [made.portal, 'Paul Martin'],
    [portal, 'Grace Hopper'],
  ] as const) {
    await who.enterByLink(await stage.server.invitation(conference, name), { ...bond, title: '', name });
    await who.submit();
    await who.state(['waiting', 'live']);
  }
  await made.portal.share('Desktop');
  softwares.set(page, await PlayedSoftware.join(own, stage.server.origin, false));
  conferences.set(page, conference);
  await portal.state('live');
  await portal.reach('ask-control');
  presenters.set(page, made);
  return made;
}

/** A colleague who helps by remote control. */
export const area: Area = {
  title: 'Remote control',
  scenes: [
    {
      name: 'control-offered',
      async show(set) {
        await presenter(set);
      },
    },
    {
      name: 'control-asking',
      window: true,
      dark: true,
      async show({ page, portal }) {
        await portal.hand.click('ask-control');
        await page.locator('[data-testid="remote"][data-phase="asking"]').waitFor();
        await page.evaluate(() => scrollTo(0, 0));
      },
    },
    {
      name: 'control-controlling',
      window: true,
      dark: true,
      async show({ page, portal }) {
        await softwares.get(page)!.agree();
        await portal.reach('remote-surface');
      },
    },
    {
      name: 'control-controlled',
      window: true,
      async show({ page }) {
        const made = presenters.get(page)!;
        await made.page.locator('[data-testid="remote"][data-shown="true"]').waitFor();
        return made.page;
      },
    },
    {
      name: 'control-by-another',
      window: true,
      async show({ page, stage, another }) {
        const third = await another('third');
        const invited = await stage.server.invitation(conferences.get(page)!, 'Alan Turing');
        await third.portal.enterByLink(invited, { ...bond, title: '', name: 'Alan Turing' });
        await third.portal.submit();
        await third.portal.state('live');
        await third.page.locator('[data-testid="remote"][data-shown="true"]').waitFor();
        return third.page;
      },
    },
  ],
};
