import { describe, expect, it } from 'vitest';
import { appointment } from './appointment.ts';
import { regional, remaining, spoken, spokenMark, written } from './moment.ts';

const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('a moment is written', () => {
  const at = new Date('2026-11-26T08:45:00Z');
  it('in a zone of its own', () => {
    expect(plain(written(at, 'fr', 'Europe/Paris')?.text ?? '')).toMatch(
      /^jeudi 26 novembre à 09:45 UTC\+1$/,
    );
    expect(plain(written(at, 'en', 'Asia/Tokyo')?.text ?? '')).toContain('05:45 PM GMT+9');
  });
  it('alike where the clocks are the same', () => {
    expect(written(at, 'en', 'Europe/Paris')?.clock).toBe(
      written(at, 'en', 'Europe/Berlin')?.clock,
    );
  });
  it('nowhere in a zone that does not exist', () => {
    expect(written(at, 'en', 'Mars/Olympus')).toBe(null);
  });
});

it.each([
  [5, '5 sec'],
  [65, '1 min 5 sec'],
  [3600, '1 hr 0 min'],
  [7500, '2 hr 5 min'],
  [90_000, '1 day 1 hr'],
])('%d seconds remain as %s', (seconds, text) => {
  expect(remaining(seconds, 'en')).toBe(text);
});

it('is written as the reader’s region does', () => {
  expect(regional('en', ['fr-FR', 'en-GB', 'en'])).toBe('en-GB');
  expect(regional('fr', ['de-DE', 'en-GB'])).toBe('fr');
});

it('is spoken rarely', () => {
  const said = Array.from({ length: 7200 }, (_, at) => spokenMark(7200 - at));
  expect([...new Set(said)].map((mark) => spoken(mark, 'en'))).toEqual([
    '2 hours',
    '1 hour',
    '30 minutes',
    '15 minutes',
    '10 minutes',
    '5 minutes',
    '1 minute',
  ]);
  expect(spoken(spokenMark(100_000), 'fr')).toBe('2 jours'.replace(' ', '\u00a0'));
});

it('makes an appointment that says no secret, in lines that calendars take', () => {
  const text = appointment(
    {
      uid: 'c1',
      title: `Review; part 1, ${'é'.repeat(60)}`,
      startsAt: '2026-11-26T09:00:00Z',
      endsAt: '',
      address: 'https://portal.example/',
    },
    new Date('2026-11-24T10:00:00.5Z'),
  );
  expect(text).toContain('DTSTART:20261126T090000Z\r\nDTEND:20261126T100000Z\r\n');
  expect(text).toContain('SUMMARY:Review\\; part 1\\, é');
  for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  expect(text.replaceAll('\r\n ', '')).toContain('é'.repeat(60));
});
