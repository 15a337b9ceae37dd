import { describe, expect, it } from 'vitest';
import type { Bridge } from './api.ts';
import { dial, nearestFirst, type Place } from './dial.ts';

const bridge = (
  number: string,
  code = '',
  kind: Bridge['kind'] = 'audio',
  country = '',
): Bridge => ({
  kind,
  label: '',
  country,
  number,
  code,
});

describe('a bridge is dialled', () => {
  it.each([
    ['+33 1 99 00 12 34', '4711#', 'tel:+33199001234,,4711%23'],
    ['+44 (0)20 7946 0018', '12 34', 'tel:+442079460018,,1234%23'],
    ['01.99.00.12.34', '*4#', 'tel:0199001234,,*4%23'],
    ['+33 1', '', 'tel:+331'],
    ['+33 1', 'say Neptune', 'tel:+331'],
  ])('%s with %s', (number, code, href) => {
    expect(dial(bridge(number, code), true)?.href).toBe(href);
  });

  it('without the code where it is to be typed', () => {
    expect(dial(bridge('+33 1', '4711#'), false)).toEqual({ href: 'tel:+331', code: false });
  });

  it.each([
    ['room@video.example', 'sip:room@video.example'],
    ['SIPS:room@video.example', 'sips:room@video.example'],
    ['+33 1 22', 'tel:+33122'],
    ['javascript:alert(1)', undefined],
    ['room 4, second floor', undefined],
    ['https://video.example/room', undefined],
  ])('%s for video', (number, href) => {
    expect(dial(bridge(number, '', 'video'), true)?.href).toBe(href);
  });

  it('no address where a phone is wanted', () => {
    expect(dial(bridge('room@video.example'), true)).toBe(null);
    expect(dial(bridge('-'), true)).toBe(null);
  });
});

describe('the nearest numbers come first', () => {
  const bridges = ['US', 'FR', 'Germany', 'fr'].map((country, at) =>
    bridge(`+${at}`, '', 'audio', country),
  );
  const order = (place: Partial<Place>) =>
    nearestFirst(bridges, { languages: [], zone: '', zonesOf: () => [], ...place })
      .map(({ country }) => country)
      .join(' ');
  const zonesOf = (country: string) =>
    country === 'FR' ? ['Europe/Paris'] : ['America/New_York', 'America/Chicago'];

  it('by the clock', () => {
    expect(order({ languages: ['en-US'], zone: 'Europe/Paris', zonesOf })).toBe('FR fr US Germany');
  });
  it('by the languages where the browser knows no zones', () => {
    expect(order({ languages: ['en', 'fr-FR'], zone: 'Europe/Paris' })).toBe('FR fr US Germany');
    expect(order({ languages: ['fr'] })).toBe('US FR Germany fr');
  });
  it('else as they were listed', () => {
    expect(order({ zone: 'Asia/Tokyo', zonesOf })).toBe('US FR Germany fr');
  });
});
