import type { Workstation } from '../../session/workstation.ts';

/** What Chromium tells beyond the old text, which it has frozen. */
interface Hinting extends Navigator {
  userAgentData?: {
    getHighEntropyValues(wanted: string[]): Promise<{ architecture?: string }>;
  };
}

export async function thisStation(from: Navigator): Promise<Workstation> {
  const { userAgent, maxTouchPoints = 0 } = from;
  let architecture = '';
  try {
    const hints = await (from as Hinting).userAgentData?.getHighEntropyValues(['architecture']);
    architecture = hints?.architecture ?? '';
  } catch {
    // It keeps that to itself.
  }
  return { userAgent, touchPoints: maxTouchPoints, architecture };
}

/** Browsers open a program only soon after a click; where they do not say, another click is asked for. */
export function isFresh({ userActivation }: Navigator): boolean {
  return userActivation?.isActive ?? false;
}
