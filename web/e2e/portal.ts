import type { Page } from 'playwright-core';
import type { Page as FirefoxPage } from 'puppeteer-core';
import type { Conference } from './harness.ts';
import { readerScript } from './reader.ts';
import { until } from './wait.ts';

/** Who somebody says to be. */
export interface Person {
  title: string;
  name: string;
  email: string;
  remember?: boolean;
}

export const bond: Person = { title: 'Mr', name: 'James Bond', email: 'bond@guest.example' };

/** What a test does in a page, in either browser. */
export interface Hand {
  goto(address: string): Promise<unknown>;
  evaluate(script: string): Promise<unknown>;
  fill(id: string, text: string): Promise<unknown>;
  click(id: string): Promise<unknown>;
}

const selector = (id: string): string => `[data-testid="${id}"]`;

export function chromiumHand(page: Page): Hand {
  return {
    goto: (address) => page.goto(address),
    evaluate: (script) => page.evaluate(script),
    fill: (id, text) => page.fill(selector(id), text, { timeout: 10_000 }),
    click: (id) => page.click(selector(id), { timeout: 10_000 }),
  };
}

/** By mouse and keyboard alone: what puppeteer runs in a page to find and watch elements, our policy or Firefox denies. */
export function firefoxHand(page: FirefoxPage): Hand {
  const click = (id: string): Promise<unknown> =>
    // What moves after all between the look and the click is clicked again, as a person would.
    until(`${id} is clicked`, 10_000, async () => {
      const { x, y } = await place(page, id);
      await page.mouse.click(x, y);
      return (await page.evaluate('window.missed')) !== true;
    });
  return {
    goto: (address) => page.goto(address),
    evaluate: (script) => page.evaluate(script),
    async fill(id, text) {
      await click(id);
      await page.keyboard.down('Control');
      await page.keyboard.press('a');
      await page.keyboard.up('Control');
      await page.keyboard.press('Backspace');
      await page.keyboard.type(text);
    },
    click,
  };
}

/** The middle of a visible element, scrolled into view, when it rests and nothing lies over it. */
async function place(page: FirefoxPage, id: string): Promise<{ x: number; y: number }> {
  const script = `(async () => {
    const element = document.querySelector(${JSON.stringify(selector(id))});
    if (!element?.checkVisibility()) return element ? 'is hidden' : 'is missing';
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const middle = () => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    };
    const before = middle();
    await new Promise((done) => setTimeout(done, 50));
    const { x, y } = middle();
    const over = document.elementFromPoint(x, y);
    if (x !== before.x || y !== before.y) return 'moves';
    if (!element.contains(over) && over?.closest('label')?.control !== element)
      return 'is under ' + (over?.outerHTML.slice(0, 200) ?? 'the edge of the window');
    window.missed = true;
    element.addEventListener('click', () => (window.missed = false), { once: true, capture: true });
    return { x, y };
  })()`;
  let obstacle = '';
  try {
    return await until(`${id} on the page`, 10_000, async () => {
      const found = (await page.evaluate(script)) as { x: number; y: number } | string;
      if (typeof found === 'string') obstacle = found;
      return typeof found !== 'string' && found;
    });
  } catch (error) {
    throw new Error(`${String(error)}; it ${obstacle}`, { cause: error });
  }
}

/** The portal as a person uses it: what is typed, pressed and read. */
export class Portal {
  constructor(readonly hand: Hand) {}

  /** From the home page by name and password to the conference page. */
  async enter(origin: string, conference: Conference, who: Person): Promise<void> {
    await this.hand.goto(origin);
    await this.ask(conference.name, conference.password);
    await this.identify(who);
    await this.withoutInstallation();
  }

  /** From a personal link to the conference page. */
  async enterByLink(link: string, who: Person): Promise<void> {
    await this.hand.goto(link);
    await this.identify(who);
    await this.withoutInstallation();
  }

  async ask(name: string, password: string): Promise<void> {
    await this.hand.fill('name', name);
    await this.hand.fill('password', password);
    await this.hand.click('participate');
  }

  async identify(who: Person): Promise<void> {
    await this.reach('identify-submit');
    await this.hand.fill('title', who.title);
    await this.hand.fill('fullname', who.name);
    await this.hand.fill('email', who.email);
    if (who.remember) await this.hand.click('remember');
    await this.hand.click('identify-submit');
  }

  async withoutInstallation(): Promise<void> {
    await this.reach('choice-browser');
    await this.hand.click('choice-browser');
    await this.reach('submit');
  }

  /** Joins, with a reader on the picture; gives the moment at which Submit was pressed. */
  async submit(): Promise<number> {
    await this.hand.evaluate(readerScript(selector('video')));
    await this.hand.click('submit');
    const mark = `performance.getEntriesByName('coopnet:submit').at(-1)?.startTime`;
    const pressed = await until('Submit was pressed', 5000, () =>
      this.hand.evaluate(`${mark} && performance.timeOrigin + ${mark}`),
    );
    return pressed as number;
  }

  /** Shares the tab that the browser was started for; gives when the share is live. */
  async share(label = 'Screen'): Promise<void> {
    await this.hand.click('share-button');
    await this.reach('share-start');
    await this.hand.fill('share-label', label);
    await this.hand.click('share-start');
    await this.shareState('live');
  }

  /** Waits until the tool says one of these states. */
  async state(wanted: string | string[], deadline = 10_000): Promise<void> {
    await this.attribute('tool-state', [wanted].flat(), deadline);
  }

  /** Waits until the own share says one of these states. */
  async shareState(wanted: string | string[], deadline = 10_000): Promise<void> {
    await this.attribute('share-state', [wanted].flat(), deadline);
  }

  /** Waits until something is on the page. */
  async reach(id: string, deadline = 10_000): Promise<void> {
    await until(`${id} on the page`, deadline, () => this.shows(id), 50);
  }

  async shows(id: string): Promise<boolean> {
    const found = `document.querySelector(${JSON.stringify(selector(id))})`;
    return (await this.hand.evaluate(`${found}?.checkVisibility() ?? false`)) as boolean;
  }

  /** The visible text of each element with that id. */
  async texts(id: string): Promise<string[]> {
    const all = `[...document.querySelectorAll(${JSON.stringify(selector(id))})]`;
    return (await this.hand.evaluate(`${all}.map((element) => element.innerText)`)) as string[];
  }

  /** The data attributes of each element with that id. */
  async facts(id: string): Promise<Record<string, string>[]> {
    const all = `[...document.querySelectorAll(${JSON.stringify(selector(id))})]`;
    const script = `${all}.map((element) => ({ ...element.dataset }))`;
    return (await this.hand.evaluate(script)) as Record<string, string>[];
  }

  private async attribute(id: string, wanted: string[], deadline: number): Promise<void> {
    let last = 'nothing';
    try {
      await until(`${id} ${wanted.join(' or ')}`, deadline, async () => {
        const [facts] = await this.facts(id);
        last = facts?.['state'] ?? 'nothing';
        return wanted.includes(last);
      });
    } catch (error) {
      throw new Error(`${String(error)}; the last was ${last}`);
    }
  }
}
