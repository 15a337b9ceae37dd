import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launch, open, person, type ChromiumOptions } from './chromium.ts';
import { Coopnet, type Conference } from './harness.ts';
import { bond, chromiumHand, Portal, type Person } from './portal.ts';
import { Site } from './site.ts';

/** Somebody in Chromium. */
export interface Attendee {
  context: BrowserContext;
  page: Page;
  portal: Portal;
}

/** Somebody who shares the pattern. */
export interface Presenter extends Attendee {
  pattern: Page;
}

/** Ten pictures a second, where a test asks whether there is a picture: they leave the processor to what is tested. */
export const calm = 100;

/** What a presenter shows. */
export interface Show {
  tag: number;
  name: string;
  still?: boolean;
  /** As in PatternOptions. */
  pace?: number;
  /** What is done to the page before anything is opened in it. */
  prepare?(page: Page): Promise<unknown>;
}

/** The server, the pages beside it and the browsers of one test file; `close` ends them all. */
export class Stage {
  private readonly browsers: Browser[] = [];
  private seats: Promise<Browser> | undefined;

  private constructor(
    readonly server: Coopnet,
    readonly site: Site,
  ) {}

  static async open(address: Parameters<typeof Coopnet.start>[0] = {}): Promise<Stage> {
    const site = await Site.open();
    try {
      return new Stage(await Coopnet.start(address), site);
    } catch (error) {
      await site.close();
      throw error;
    }
  }

  /** A browser that the stage closes. */
  async browser(options: ChromiumOptions = {}): Promise<Browser> {
    const browser = await launch(options);
    this.browsers.push(browser);
    return browser;
  }

  /** The browser in which all guests sit. */
  audience(): Promise<Browser> {
    return (this.seats ??= this.browser());
  }

  /** An internal participant in the tool, in a browser that will share the pattern; nothing is shared yet. */
  async presenter(conference: Conference, show: Show, options: ChromiumOptions = {}): Promise<Presenter> {
    const title = `Coopnet pattern ${show.tag}`;
    const browser = await this.browser({ ...options, share: title });
    const context = await person(browser);
    const { tag, still = false, pace = 0 } = show;
    const address = this.site.pattern({ title, tag, still, pace });
    const pattern = await open(context, `${show.name}'s pattern`, address);
    const page = await open(context, show.name);
    await show.prepare?.(page);
    const portal = new Portal(chromiumHand(page));
    await portal.enterByLink(await this.server.invitation(conference, show.name), {
      ...bond,
      name: show.name,
    });
    await portal.submit();
    await portal.state(['waiting', 'live']);
    return { context, page, pattern, portal };
  }

  /** A guest on the conference page, before Submit; all guests sit in one browser, each with cookies of their own. */
  async guest(conference: Conference, who: Person = bond, browser?: Browser): Promise<Attendee> {
    const context = await person(browser ?? (await this.audience()));
    const page = await open(context, who.name);
    const portal = new Portal(chromiumHand(page));
    await portal.enter(this.server.origin, conference, who);
    return { context, page, portal };
  }

  /** Somebody of the company, by a personal link, on the conference page. */
  async colleague(conference: Conference, name: string): Promise<Attendee> {
    const context = await person(await this.audience());
    const page = await open(context, name);
    const portal = new Portal(chromiumHand(page));
    await portal.enterByLink(await this.server.invitation(conference, name), { ...bond, title: '', name });
    return { context, page, portal };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.browsers.map((browser) => browser.close()));
    await this.site.close();
    await this.server.stop();
  }
}
