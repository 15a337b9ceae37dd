import { agentOf } from './diagnostic/agent.ts';

/** What a browser says of the computer that it runs on. */
export interface Workstation {
  userAgent: string;
  /** A tablet may call itself a Mac; it has fingers. */
  touchPoints: number;
  /** Chromium's hint, such as "arm" or "x86"; empty where nobody says. */
  architecture: string;
}

export type System = 'windows' | 'linux' | 'macos' | 'none';
/** Browsers that ask alike before they open a program. */
export type Family = 'chromium' | 'edge' | 'firefox' | 'safari';

/** The system that the software would run on; none for phones and tablets. */
export function systemOf({ userAgent, touchPoints }: Workstation): System {
  if (/Android|iPhone|iPad|iPod|CrOS/.test(userAgent)) return 'none';
  if (/Windows NT/.test(userAgent)) return 'windows';
  if (/Mac OS X/.test(userAgent)) return touchPoints > 1 ? 'none' : 'macos';
  return /Linux/.test(userAgent) ? 'linux' : 'none';
}

/** The software's names of this platform, the best first. */
export function platformsOf(station: Workstation): string[] {
  const arm = station.architecture === 'arm' || /aarch64|arm64/i.test(station.userAgent);
  switch (systemOf(station)) {
    case 'windows':
      // Windows on ARM runs the other one, too.
      return arm ? ['windows-arm64', 'windows-amd64'] : ['windows-amd64'];
    case 'macos':
      // Safari and Firefox do not say which; a Mac with Apple's processor runs both.
      return arm ? ['darwin-arm64', 'darwin-amd64'] : ['darwin-amd64', 'darwin-arm64'];
    case 'linux':
      return [arm ? 'linux-arm64' : 'linux-amd64'];
    case 'none':
      return [];
  }
}

export function familyOf(userAgent: string): Family {
  switch (agentOf(userAgent).browser) {
    case 'Edge':
      return 'edge';
    case 'Firefox':
      return 'firefox';
    case 'Safari':
      return 'safari';
    default:
      return 'chromium';
  }
}
