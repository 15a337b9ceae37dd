// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { en } from '../../text/entrance/en.ts';
import { problemResponse } from '../../session/testing/transports.ts';
import { draw, type Answers } from '../testing/drawn.tsx';
import { KeptNames } from './names.ts';

const bond = { title: 'Mr', name: 'James BOND', email: 'james@example.com' };
const later = {
  id: 'c1',
  name: 'Team A',
  title: 'Product review',
  startsAt: '2026-11-26T09:00:00Z',
  endsAt: null,
  status: 'scheduled',
  opensAt: '2026-11-26T08:45:00Z',
  opensIn: 200,
  timezone: 'Pacific/Kiritimati',
  bridges: [],
};
const json = (body: unknown) => () => new Response(JSON.stringify(body));
const admission = (conference: object) => json({ conference, identity: bond, next: 'join' });

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => document.body.replaceChildren());

describe('who comes before the conference opens', () => {
  const early = (now: Answers[string]) =>
    draw('/#invitation=CODE', { 'POST /admissions': admission(later), 'GET /admissions': now });

  it('goes straight to the conference page, which says when it opens, here and there', async () => {
    const { find, seek, root } = await early(admission(later));
    expect(location.pathname).toBe('/conference');
    expect(find('opens-at').textContent).toMatch(/26 November|November 26/);
    expect(find('opens-there').textContent).toContain('Pacific/Kiritimati');
    expect(find('left').textContent).toMatch(/^3 min/);
    expect(find('left').getAttribute('aria-hidden')).toBe('true');
    expect(find('left-said').getAttribute('role')).toBe('status');
    expect(find('left-said').textContent).toBe('The conference opens in less than 5 minutes.');
    expect(seek('submit')).toBe(null);
    expect(root.textContent).toContain('Mr James BOND');
    expect(find('calendar').textContent).toContain(en['early.calendar']);
  });

  it('finds the way in where it has opened meanwhile, without being pulled in', async () => {
    const { find, seek } = await early(admission({ ...later, status: 'open', opensIn: 0 }));
    await vi.waitFor(() => find('submit'), 10_000);
    expect(seek('early')).toBe(null);
    expect(location.pathname).toBe('/conference');
  });

  it('goes in by itself', async () => {
    let asked = 0;
    const { find } = await early(() =>
      asked++ === 0
        ? admission({ ...later, opensIn: 1 })()
        : admission({ ...later, status: 'open', opensIn: 0 })(),
    );
    await vi.waitFor(() => expect(location.pathname).toBe('/tool'), 10_000);
    expect(find('band-identity').textContent).toBe('Mr James BOND');
  });

  it('hears that it does not open any more', async () => {
    const { find } = await early(() => problemResponse(403, 'conference-denied'));
    await vi.waitFor(() => expect(location.pathname).toBe('/'), 10_000);
    expect(find('notice').textContent).toContain('does not open any more');
  });

  it('is known after a reload, too', async () => {
    await early(admission(later));
    const { find } = await draw('/conference', { 'GET /admissions': admission(later) });
    expect(find('band-identity').textContent).toBe('Mr James BOND');
    expect(find('early')).toBeTruthy();
  });
});

describe('remembered names of conferences', () => {
  it('are the latest five, as they were typed', () => {
    const names = new KeptNames(localStorage);
    expect(names.read()).toEqual([]);
    for (const name of ['a', 'b', ' C ', 'd', 'e', 'f', 'b']) names.keep(name);
    expect(names.read()).toEqual(['b', 'f', 'e', 'd', ' C ']);
    names.forget();
    expect(names.read()).toEqual([]);
    localStorage.setItem('coopnet.names', '{"not":"a list"}');
    expect(names.read()).toEqual([]);
    expect(new KeptNames(null).read()).toEqual([]);
  });
});
