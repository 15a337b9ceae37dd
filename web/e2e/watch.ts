import type { Page } from 'playwright-core';
import type { Page as FirefoxPage } from 'puppeteer-core';

/** One thing that a page complained about. */
export interface Complaint {
  page: string;
  text: string;
}

const complaints: Complaint[] = [];

/**
 * Chromium asks itself for camera and microphone when a page makes a connection, to decide which addresses to name, and
 * writes the no of our policy into the console. The portal uses neither.
 */
const policy = /^Permissions policy violation: (camera|microphone) is not allowed in this document/;

/** Runs in every page before its own scripts: makes what the policy refused audible. */
function listen(): void {
  addEventListener('securitypolicyviolation', (event) => {
    console.error(
      `CSP: ${event.violatedDirective} refused ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
    );
  });
}

/** Runs in every page before its own scripts: remembers connections, and counts the descriptions that were set. */
function remember(): void {
  const negotiated = { connections: [] as RTCPeerConnection[], descriptions: 0 };
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      negotiated.connections.push(this);
    }
    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      negotiated.descriptions++;
      return super.setRemoteDescription(description);
    }
  };
  Object.assign(window, { negotiated });
}

/** What every page gets before its own scripts. */
export const preload = `(${listen})(); (${remember})();`;

/** Collects what a page of Chromium writes as an error, in the console or by an exception. */
export function watch(page: Page, name: string): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && !policy.test(message.text()))
      complaints.push({ page: name, text: `${message.text()} (${message.location().url})` });
  });
  page.on('pageerror', (error) =>
    complaints.push({ page: name, text: String(error.stack ?? error) }),
  );
}

/**
 * Firefox's remote control at times reports its own failing look at a page's list as the page's error: it comes without a
 * line of any script, on pages without media, too.
 */
const remoteControl = 'Error: Permission denied to access property "length"';

/** The same for Firefox. */
export function watchFirefox(page: FirefoxPage, name: string): void {
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push({ page: name, text: message.text() });
  });
  page.on('pageerror', (error) => {
    const { message, stack = '' } = error as Error;
    if (message === remoteControl && !/https?:/.test(stack)) return;
    complaints.push({ page: name, text: `${String(error)} ${stack}` });
  });
}

/** Takes all complaints so far but the expected ones; each expectation is a reason that the test gives. */
export function unexpected(...expected: RegExp[]): Complaint[] {
  return complaints.splice(0).filter(({ text }) => !expected.some((pattern) => pattern.test(text)));
}
