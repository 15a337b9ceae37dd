import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { Screen } from './screen.ts';
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
  /** Where its window is seen; nowhere when absent. */
  screen?: Screen;
  preferences?: Record<string, string | number | boolean>;
}

/** Starts Firefox, driven by WebDriver BiDi. */
export function launchFirefox(options: FirefoxOptions = {}): Promise<Browser> {
  const { width, height } = options.screen ?? { width: 1280, height: 900 };
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: options.program ?? firefoxProgram,
    ...(options.control ? { debuggingPort: options.control } : {}),
    ...(options.profile ? { userDataDir: options.profile } : {}),
    headless: !options.screen,
    ...(options.screen ? { env: { ...process.env, DISPLAY: options.screen.display } } : {}),
    // The window's own size: Firefox's long-term release knows no emulated one.
    defaultViewport: null,
    args: [`--width=${width}`, `--height=${height}`],
    extraPrefsFirefox: {
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.loopback': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      // The window that says what is shared would be the one in which the remote control opens pages.
      'privacy.webrtc.hideGlobalIndicator': true,
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
