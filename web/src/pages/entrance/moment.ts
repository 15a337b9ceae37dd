/** A moment as people in a time zone write it. */
export interface Written {
  text: string;
  /** What distinguishes it from the same moment elsewhere. */
  clock: string;
}

/** `zone` is an IANA name; without one the browser's own is meant. Null for a zone that the browser does not know. */
export function written(at: Date, language: string, zone?: string): Written | null {
  const common = zone === undefined ? {} : { timeZone: zone };
  const parts: Intl.DateTimeFormatOptions = {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    hour: '2-digit',
    minute: '2-digit',
  };
  try {
    const format = (extra: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(language, { ...parts, ...common, ...extra }).format(at);
    return { text: format({ timeZoneName: 'short' }), clock: format({}) };
  } catch {
    return null;
  }
}

/** How the reader's region writes dates, in the language of the page: "en-GB" is not "en-US". */
export function regional(language: string, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.split('-')[0] === language) ?? language;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** The two largest parts of a duration: "2 h 5 min", "4 min 30 s". */
export function remaining(seconds: number, language: string): string {
  const parts: [number, string][] =
    seconds >= day
      ? [
          [Math.floor(seconds / day), 'day'],
          [Math.floor((seconds % day) / hour), 'hour'],
        ]
      : seconds >= hour
        ? [
            [Math.floor(seconds / hour), 'hour'],
            [Math.floor((seconds % hour) / minute), 'minute'],
          ]
        : [
            [Math.floor(seconds / minute), 'minute'],
            [seconds % minute, 'second'],
          ];
  return parts
    .filter(([count], at) => count > 0 || at === 1)
    .map(([count, unit]) =>
      new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count),
    )
    .join(' ');
}

/** Where a screen reader says how long it takes: rarely at first, and in the last minute once. */
const marks = [
  ...[1, 5, 10, 15, 30].map((minutes) => minutes * minute),
  ...[1, 2, 3, 6, 12].map((hours) => hours * hour),
];

/** The next mark at or above what is left, in seconds; beyond the marks whole days. */
export function spokenMark(seconds: number): number {
  return marks.find((mark) => seconds <= mark) ?? Math.ceil(seconds / day) * day;
}

/** "5 minutes", "2 hours", "3 days". */
export function spoken(mark: number, language: string): string {
  const [count, unit] =
    mark % day === 0
      ? [mark / day, 'day']
      : mark % hour === 0
        ? [mark / hour, 'hour']
        : [mark / minute, 'minute'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    count,
  );
}
