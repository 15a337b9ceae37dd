import lighthouse, { desktopConfig } from 'lighthouse';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

/** What Lighthouse says of a page. */
export interface Judgement {
  /** Of 100. */
  performance: number;
  /** Of 100. */
  accessibility: number;
  /** How much of the page moved while it loaded: 0 is nothing. */
  shift: number;
  /** What it found wrong, in words. */
  faults: string[];
}

const program = process.env.COOPNET_CHROMIUM ?? '/usr/bin/chromium';

/** A Chromium that Lighthouse can steer. */
export function launchForLighthouse(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: program,
    headless: true,
    defaultViewport: null,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebRTC,Translate,MediaRouter',
    ],
  });
}

/** Loads the page anew, in the tab as it is, on a slow phone or a desktop, and judges it. */
export async function judgePage(page: Page, address: string, screen: 'phone' | 'desktop'): Promise<Judgement> {
  const run = await lighthouse(
    address,
    {
      onlyCategories: ['performance', 'accessibility'],
      // The tab's storage has the admission; the score is that of a first visit all the same: nothing is cached.
      disableStorageReset: true,
      disableFullPageScreenshot: true,
      pauseAfterLoadMs: 500,
      networkQuietThresholdMs: 500,
      cpuQuietThresholdMs: 500,
      logLevel: 'error',
    },
    screen === 'desktop' ? desktopConfig : undefined,
    // Lighthouse is typed with a puppeteer of its own.
    page as unknown as Parameters<typeof lighthouse>[3],
  );
  if (run === undefined) throw new Error(`Lighthouse says nothing of ${address}`);
  const { categories, audits, runtimeError } = run.lhr;
  if (runtimeError !== undefined) throw new Error(`${address}: ${runtimeError.message}`);
  const score = (of: string): number => Math.round(100 * (categories[of]?.score ?? 0));
  const weighed = Object.values(categories).flatMap(({ auditRefs }) =>
    auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id),
  );
  return {
    performance: score('performance'),
    accessibility: score('accessibility'),
    shift: audits['cumulative-layout-shift']?.numericValue ?? NaN,
    faults: weighed
      .map((id) => audits[id])
      .filter((audit) => audit !== undefined && audit.score !== null && audit.score < 0.9)
      .map((audit) => `${audit!.title}${audit!.displayValue ? `: ${audit!.displayValue}` : ''}`)
      .concat(moved(audits['layout-shifts']?.details)),
  };
}

/** Which elements moved. */
function moved(details: unknown): string[] {
  const { items = [] } = (details ?? {}) as { items?: { node?: { selector?: string } }[] };
  return items.map(({ node }) => `moved: ${node?.selector ?? 'something'}`);
}
