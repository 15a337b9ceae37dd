export interface Appointment {
  uid: string;
  title: string;
  startsAt: string;
  /** Empty: one hour after it starts. */
  endsAt: string;
  /** The portal's address: never a password or a code. */
  address: string;
}

/** An appointment for calendars (RFC 5545). */
export function appointment(of: Appointment, now: Date): string {
  const starts = new Date(of.startsAt);
  const ends = of.endsAt === '' ? new Date(starts.getTime() + 3_600_000) : new Date(of.endsAt);
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Coopnet//Portal//EN',
    'BEGIN:VEVENT',
    `UID:${of.uid}@coopnet`,
    `DTSTAMP:${stamp(now)}`,
    `DTSTART:${stamp(starts)}`,
    `DTEND:${stamp(ends)}`,
    `SUMMARY:${escaped(of.title)}`,
    `URL:${of.address}`,
    `LOCATION:${escaped(of.address)}`,
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ]
    .map(folded)
    .join('\r\n');
}

function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]|\.\d+/g, '');
}

/** Section 3.3.11: backslash, semicolon, comma and line break are escaped. */
function escaped(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');
}

/** Section 3.1: no line has more than 75 octets. */
function folded(line: string): string {
  const encoder = new TextEncoder();
  let out = '';
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > 75) {
      out += '\r\n ';
      octets = 1;
    }
    out += character;
    octets += size;
  }
  return out;
}
