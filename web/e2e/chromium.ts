import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import type { Screen } from './screen.ts';
import { preload, watch } from './watch.ts';

/** How a Chromium is started. */
export interface ChromiumOptions {
  /** The title of the tab that it shares without asking. */
  share?: string;
  /** A program that starts Chromium in another way, for example in a network of its own. */
  program?: string;
  /** Where its window is seen; without one it has none. */
  screen?: Screen;
  /** HOME, where it finds the authorities that it trusts. */
  home?: string;
  /** A folder that keeps cookies beyond the browser's end. */
  profile?: string;
  args?: string[];
}

const executablePath = process.env.COOPNET_CHROMIUM ?? '/usr/bin/chromium';

function flags(options: ChromiumOptions): string[] {
  return [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--autoplay-policy=no-user-gesture-required',
    '--disable-background-timer-throttling',
    '--disable-renderer-backgrounding',
    '--disable-backgrounding-occluded-windows',
    // Chromium asks for local-network access when a page calls a second loopback origin.
    '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC,Translate,MediaRouter',
    '--window-size=1280,807',
    // A shared tab is scaled down to the screen, which is 800x600 where there is none.
    '--screen-info={1600x1200}',
    ...(options.share ? [`--auto-select-tab-capture-source-by-title=${options.share}`] : []),
    ...(options.args ?? []),
  ];
}

/** The window's own size: a tab that is shared must not be an emulated one. */
const context: BrowserContextOptions = { viewport: null, locale: 'en-GB' };

export async function launch(options: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: options.program ?? executablePath,
    headless: !options.screen,
    // A muted browser shares a tab without its sound.
    ignoreDefaultArgs: ['--mute-audio'],
    env: {
      ...process.env,
      ...(options.home && { HOME: options.home }),
      ...(options.screen && { DISPLAY: options.screen.display }),
    },
    args: flags(options),
  });
}

/** A browser whose cookies outlive it. */
export async function launchWithProfile(
  options: ChromiumOptions & { profile: string },
): Promise<BrowserContext> {
  const opened = await chromium.launchPersistentContext(options.profile, {
    executablePath: options.program ?? executablePath,
    headless: true,
    args: flags(options),
    ...context,
  });
  await opened.addInitScript(preload);
  return opened;
}

/** A context of its own (cookies, storage) in a browser. */
export async function person(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const opened = await browser.newContext({ ...context, ...options });
  await opened.addInitScript(preload);
  return opened;
}

/** A page whose complaints are collected. */
export async function open(context: BrowserContext, name: string, address?: string): Promise<Page> {
  const page = await context.newPage();
  watch(page, name);
  if (address) await page.goto(address);
  return page;
}
