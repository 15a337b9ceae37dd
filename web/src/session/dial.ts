import type { Bridge } from './api.ts';

/** Where somebody probably is, as far as a browser says. */
export interface Place {
  /** The browser's languages, best first, such as "fr-CA". */
  languages: readonly string[];
  /** The IANA name of the clock's zone. */
  zone: string;
  /** The zones of a country; browsers that do not know them give none. */
  zonesOf(country: string): readonly string[];
}

/** What a bridge's number leads to, or null where it is only to be read. */
export interface Dialled {
  href: string;
  /** The link dials the code, too. */
  code: boolean;
}

const phone = /^\+?[\d\s().-]*\d[\d\s().-]*$/;
const sip = /^(?:(sips?):)?([\w.+%-]+@[\w.-]+\w)$/i;

/**
 * A link that dials (RFC 3966). With `code` the conference's code follows after two pauses, as the phones of both makers
 * understand it; `#` has to be written as %23.
 */
export function dial({ kind, number, code }: Bridge, withCode: boolean): Dialled | null {
  const trimmed = number.trim();
  if (phone.test(trimmed)) {
    const digits = trimmed.replace(/\(0\)/, '').replace(/[^+\d]/g, '');
    const keys = code.replace(/\s/g, '');
    if (!withCode || !/^[\d*#]+$/.test(keys)) return { href: `tel:${digits}`, code: false };
    const ended = keys.endsWith('#') ? keys : `${keys}#`;
    return { href: `tel:${digits},,${ended.replaceAll('#', '%23')}`, code: true };
  }
  const address = sip.exec(trimmed);
  if (kind !== 'video' || address === null) return null;
  return { href: `${(address[1] ?? 'sip').toLowerCase()}:${address[2]}`, code: false };
}

/** Those of the guest's likely country first; else as the organizer listed them. */
export function nearestFirst(bridges: readonly Bridge[], place: Place): Bridge[] {
  const near = ({ country }: Bridge) => (likely(country.trim().toUpperCase(), place) ? 0 : 1);
  return bridges.toSorted((a, b) => near(a) - near(b));
}

function likely(country: string, { languages, zone, zonesOf }: Place): boolean {
  if (!/^[A-Z]{2}$/.test(country)) return false;
  const zones = zonesOf(country);
  // Where the clock says it, the languages do not count: they may be anybody's.
  if (zones.length > 0) return zones.includes(zone);
  return languages.some((tag) => tag.toUpperCase().split('-').slice(1).includes(country));
}
