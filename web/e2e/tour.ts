import type { BrowserContextOptions, Page } from 'playwright-core';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { untilSeen } from './measure.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import type { Stage } from './stage.ts';

/** How somebody looks at the portal. */
export interface Look {
  name: string;
  options: BrowserContextOptions;
}

const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};
const french = { locale: 'fr-FR' };
const english = { locale: 'en-GB' };

function look(name: string, ...parts: BrowserContextOptions[]): Look {
  return { name, options: Object.assign({}, ...parts) as BrowserContextOptions };
}

/** Every pair of language, screen and colours once. */
export const pairs: Look[] = [
  look('desktop-fr-light', desktop, french, { colorScheme: 'light' }),
  look('desktop-en-dark', desktop, english, { colorScheme: 'dark' }),
  look('phone-fr-dark', phone, french, { colorScheme: 'dark' }),
  look('phone-en-light', phone, english, { colorScheme: 'light' }),
];

/** All of them. */
export const looks: Look[] = [
  ...pairs,
  look('desktop-en-light', desktop, english, { colorScheme: 'light' }),
  look('desktop-fr-dark', desktop, french, { colorScheme: 'dark' }),
  look('phone-en-dark', phone, english, { colorScheme: 'dark' }),
  look('phone-fr-light', phone, french, { colorScheme: 'light' }),
];

/** Goes through every page as a guest, and shows each to `at`; somebody must be sharing a pattern with that tag. */
export async function tour(
  stage: Stage,
  conference: Conference,
  tag: number,
  look: Look,
  at: (name: string, page: Page) => Promise<void>,
): Promise<void> {
  const context = await person(await stage.audience(), look.options);
  try {
    const page = await open(context, look.name);
    const portal = new Portal(chromiumHand(page));
    const show = async (name: string): Promise<void> => {
      // A page that is still fading in has other colours.
      await page.evaluate(() =>
        Promise.all(
          document
            .getAnimations()
            .filter(ends)
            // One that is cancelled is over, too.
            .map(({ finished }) => finished.catch(() => {})),
        ),
      );
      await at(name, page);
    };
    await page.addInitScript(`window.ends = ${ends}`);
    for (const path of ['support', 'prerequisites', 'diagnostic', 'nowhere']) {
      await page.goto(`${stage.server.origin}/${path}`);
      await page.locator('main h1').waitFor();
      await show(path);
    }
    await page.goto(stage.server.origin);
    await portal.reach('participate');
    await show('home');
    await portal.ask(conference.name, 'wrong');
    await portal.reach('refusal');
    await show('refusal');
    await portal.ask(conference.name, conference.password);
    await portal.reach('identify-submit');
    await show('identify');
    await portal.identify(bond);
    await portal.reach('choice-browser');
    await show('choice');
    await portal.hand.click('choice-software');
    await portal.reach('software-unavailable');
    await show('choice-software');
    await portal.withoutInstallation();
    await show('conference');
    await portal.submit();
    await untilSeen(page, 'picture', 10_000, (sample) => sample.tag === tag);
    await portal.state('live');
    await portal.reach('way-picture');
    await show('tool');
  } finally {
    await context.close();
  }
}

/** Runs in the page: whether an animation comes to an end (a spinner does not). */
function ends(animation: Animation): boolean {
  return animation.effect?.getComputedTiming().endTime !== Infinity;
}

declare global {
  interface Window {
    ends: typeof ends;
  }
}
