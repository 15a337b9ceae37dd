/** Which browser and system this is, as far as it says so. */
export interface Agent {
  browser: string;
  /** Its main version; 0 when it does not say. */
  version: number;
  system: string;
}

/** In this order: each names those before it as well. */
const browsers: readonly [name: string, pattern: RegExp][] = [
  ['Edge', /Edg(?:e|A|iOS)?\/(\d+)/],
  ['Opera', /OPR\/(\d+)/],
  ['Samsung Internet', /SamsungBrowser\/(\d+)/],
  ['Firefox', /(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /(?:Chrome|HeadlessChrome|CriOS)\/(\d+)/],
  ['Safari', /Version\/(\d+)[\d.]* (?:Mobile\/\w+ )?Safari/],
  ['Internet Explorer', /(?:MSIE |Trident\/.*rv:)(\d+)/],
];

const systems: readonly [name: string, pattern: RegExp][] = [
  ['Android', /Android ?([\d.]*)/],
  ['iOS', /(?:iPhone|iPad|iPod).*? OS ([\d_]+)/],
  ['Windows', /Windows NT ([\d.]+)/],
  ['macOS', /Mac OS X ([\d_.]+)/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux/],
];

/** The first versions that have what the portal's code uses. */
const least: Readonly<Record<string, number>> = {
  Chrome: 110,
  Edge: 110,
  Opera: 96,
  'Samsung Internet': 21,
  Firefox: 115,
  Safari: 16,
  'Internet Explorer': 12,
};

export function agentOf(text: string): Agent {
  const named = browsers.find(([, pattern]) => pattern.test(text));
  const on = systems.find(([, pattern]) => pattern.test(text));
  const number = on?.[1].exec(text)?.[1]?.replaceAll('_', '.') ?? '';
  return {
    browser: named?.[0] ?? '',
    version: Number(named?.[1].exec(text)?.[1] ?? 0),
    // Browsers freeze these numbers: "Windows 10.0" may be 11, and macOS stays at 10.15.
    system: [on?.[0] ?? '', /^(Windows|macOS)$/.test(on?.[0] ?? '') ? '' : number]
      .filter(Boolean)
      .join(' '),
  };
}

/** The version that is needed, where this one is too old; 0 where it is not, or nobody knows. */
export function neededVersion({ browser, version }: Agent): number {
  const needed = least[browser] ?? 0;
  return version > 0 && version < needed ? needed : 0;
}

/** The installable software's name of this system; empty where there is none. */
export function platformOf(text: string): string {
  if (/Android|iPhone|iPad|iPod|CrOS/.test(text)) return '';
  if (/Windows NT/.test(text)) return /ARM64/.test(text) ? 'windows-arm64' : 'windows-amd64';
  if (/Mac OS X/.test(text)) return 'darwin-';
  if (/Linux/.test(text)) return /aarch64|arm64/.test(text) ? 'linux-arm64' : 'linux-amd64';
  return '';
}
