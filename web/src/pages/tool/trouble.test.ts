import { expect, it } from 'vitest';
import type { Status } from '../../session/attendance.ts';
import { isTrouble } from './trouble.tsx';
import { diagnosticAddress, visitOf } from '../diagnostic/visit.ts';

const status = (standing: string, reason: string): Status =>
  ({ standing, reason, problem: null }) as unknown as Status;

it.each([
  ['live', '', false],
  ['waiting', 'stopped', false],
  ['connecting', 'first-picture', false],
  ['connecting', 'blocked', true],
  ['reconnecting', 'media', true],
  ['frozen', 'black', true],
  ['frozen', 'presenter', false],
])('%s, %s: the diagnostic tool is offered: %s', (standing, reason, offered) => {
  expect(isTrouble(status(standing, reason))).toBe(offered);
});

it('the diagnostic tool knows where it was opened from', () => {
  const admission = { conference: { id: 'c1' } } as Parameters<typeof visitOf>[1];
  expect(visitOf('', null)).toEqual({ conference: '', inside: false });
  expect(visitOf('', admission)).toEqual({ conference: 'c1', inside: false });
  const { hash } = new URL(diagnosticAddress('e6s6ghk'), 'https://portal.example');
  expect(visitOf(hash, null)).toEqual({ conference: 'e6s6ghk', inside: true });
  expect(visitOf('#conference=<b>', admission).inside).toBe(false);
  expect(diagnosticAddress('')).toBe('/diagnostic');
});
