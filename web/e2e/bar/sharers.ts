import type { Page } from 'playwright-core';
import { launch, open, person } from '../chromium.ts';
import type { Conference } from '../harness.ts';
import { bond, chromiumHand, Portal } from '../portal.ts';
import { launchAddress } from '../software.ts';
import type { Attendee, Stage } from '../stage.ts';
import { until } from '../wait.ts';
import type { Workstation } from '../workstation.ts';
import { children } from './processes.ts';

/** A share that runs. */
export interface Sharing {
  /** The process to which, with all below it, its cost is put down. */
  pid: number;
  stop(): Promise<void>;
}

/** The software, as a presenter starts it from the portal. */
export async function bySoftware(desk: Workstation, ada: Attendee): Promise<Sharing> {
  const program = desk.start(await launchAddress(ada.page));
  await desk.press('Share in', 'Return');
  await desk.press('Choose what to share', 'Home', 'Tab', 'space', 'Return');
  await desk.window('You are sharing');
  return {
    pid: program.pid!,
    async stop() {
      program.kill();
      await until('the software has ended', 10_000, () => program.exitCode !== null || program.signalCode !== null);
    },
  };
}

/** What a browser sends, from a page. */
async function sent(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const reports = await Promise.all(window.negotiated.connections.map((one) => one.getStats()));
    const all = reports.flatMap((report) => [...report.values()].map((entry) => ({ entry, report })));
    const video = all.filter(({ entry }) => entry.type === 'outbound-rtp' && entry.kind === 'video' && entry.framesSent > 0);
    return video.map(({ entry, report }) => report.get(entry.codecId)?.mimeType).join();
  });
}

/** Chromium in the portal's page, on the same screen: VP9, contentHint "text". */
export async function byBrowser(stage: Stage, conference: Conference, desk: Workstation): Promise<Sharing> {
  const before = children();
  const browser = await launch({
    screen: desk.screen,
    args: ['--auto-select-desktop-capture-source=Entire screen', '--window-position=0,0'],
  });
  const [pid, ...others] = children().filter((child) => !before.includes(child));
  if (!pid || others.length > 0) throw new Error(`which is the browser? ${pid} or ${others.join()}`);
  const page = await open(await person(browser), 'Ben in Chromium');
  const portal = new Portal(chromiumHand(page));
  await portal.enterByLink(await stage.server.invitation(conference, 'Ben'), { ...bond, name: 'Ben' });
  await portal.hand.click('submit');
  await portal.state(['waiting', 'live']);
  await portal.share();
  await until('it is VP9', 10_000, async () => (await sent(page)) === 'video/VP9');
  // Only what sharing costs is counted: the page, which shows the presenter the own share, is drawn by the processor here.
  await page.evaluate(() => {
    for (const video of document.querySelectorAll('video')) video.srcObject = null;
    document.body.hidden = true;
  });
  return {
    pid,
    async stop() {
      await page.evaluate(() => (document.body.hidden = false));
      await portal.hand.click('stop-share');
      await portal.shareState('idle');
      await browser.close();
    },
  };
}
