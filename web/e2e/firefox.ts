import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { preload, watchFirefox } from './watch.ts';

export const firefoxProgram = process.env.COOPNET_FIREFOX ?? '/usr/bin/firefox-esr';

/** How a Firefox is started. */
export interface FirefoxOptions {
  /** A program that starts Firefox in another way, for example in a network of its own. */
  program?: string;
  /** The port of its remote control, where any would not do. */
  control?: number;
  /** A folder with the authorities that it trusts. */
  profile?: string;
  preferences?: Record<string, string | number | boolean>;
}

/** Starts Firefox, driven by WebDriver BiDi. */
export function launchFirefox(options: FirefoxOptions = {}): Promise<Browser> {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: options.program ?? firefoxProgram,
    ...(options.control ? { debuggingPort: options.control } : {}),
    ...(options.profile ? { userDataDir: options.profile } : {}),
    headless: true,
    // The window's own size: Firefox's long-term release knows no emulated one.
    defaultViewport: null,
    args: ['--width=1280', '--height=900'],
    extraPrefsFirefox: {
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'intl.accept_languages': 'en-GB',
      // A picture that is decoded at full rate also while the window is not in front.
      'media.suspend-bkgnd-video.enabled': false,
      // Nothing is looked up outside.
      'media.gmp-manager.url': 'http://127.0.0.1:9/',
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      ...options.preferences,
    },
  });
}

/** A page whose complaints are collected. */
export async function openFirefox(browser: Browser, name: string, address?: string): Promise<Page> {
  const page = await browser.newPage();
  watchFirefox(page, name);
  await page.evaluateOnNewDocument(preload);
  if (address) await page.goto(address);
  return page;
}
