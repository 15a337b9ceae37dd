// @vitest-environment happy-dom
import { render } from 'preact';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Waiting } from '../../session/api.ts';
import { Door } from '../../session/door.ts';
import { problemResponse } from '../../session/testing/transports.ts';
import { systemTimers } from '../../session/timers.ts';
import { en } from '../../text/en.ts';
import { Texts } from '../../text/texts.ts';
import { ServicesContext, type Services } from '../../ui/services.ts';
import { draw } from '../testing/drawn.tsx';
import { AtTheDoor } from './door.tsx';

const conference = {
  id: 'c1',
  name: 'Team A',
  title: 'Product review',
  startsAt: null,
  endsAt: null,
  status: 'open',
  bridges: [{ kind: 'audio', label: 'Paris', country: 'FR', number: '+33 1 55 55', code: '48#' }],
};
const identity = { title: 'Mr', name: 'James BOND', email: 'james@example.com' };
const json =
  (body: unknown, status = 200, headers = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const turn = () => new Promise((done) => setTimeout(done, 10));

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => document.body.replaceChildren());

/** A guest of a conference with a lobby, who has pressed Submit. */
async function atTheGate(answer: () => Response) {
  const drawn = await draw('/', {
    'GET /identity': json(identity),
    'POST /admissions': json({ conference, identity, next: 'join' }),
    'POST /join-tokens': answer,
  });
  drawn.type('name', 'Team A');
  drawn.type('password', 'secret');
  await drawn.submit('participate');
  await drawn.submit('submit');
  return drawn;
}

it('shows a guest the waiting room, the numbers to call and a way out', async () => {
  const answer = json({ status: 'waiting', retryAfter: 3 }, 202, { 'Retry-After': '3' });
  const { asked, find, seek, submit } = await atTheGate(answer);
  // The tool's code is loaded for it.
  await vi.waitFor(() => find('lobby'), 10_000);
  expect(find('lobby-state').getAttribute('role')).toBe('status');
  expect(find('lobby-state').textContent).toContain(en['lobby.text']);
  expect(find('lobby').textContent).toContain('Mr James BOND');
  expect(find('bridges').textContent).toContain('+33 1 55 55');
  await vi.waitFor(
    () => expect(document.activeElement?.textContent).toBe(en['lobby.title']),
    10_000,
  );
  expect(document.title).toContain(en['lobby.page']);
  await submit('lobby-cancel');
  expect(location.pathname).toBe('/conference');
  expect(seek('lobby')).toBe(null);
  const before = asked.filter(({ call }) => call === 'POST /join-tokens').length;
  await turn();
  expect(asked.filter(({ call }) => call === 'POST /join-tokens')).toHaveLength(before);
});

it('says it to a guest who is not let in', async () => {
  const { find, seek } = await atTheGate(() => problemResponse(403, 'forbidden'));
  await vi.waitFor(() => expect(find('tool-state').dataset['state']).toBe('ended'), 10_000);
  expect(seek('lobby')).toBe(null);
  expect(find('tool-state').textContent).toContain(en['state.ended.refused']);
});

it('lists who waits, with buttons that say whom they are for', async () => {
  let seen: Waiting = {
    waiting: 3,
    people: [
      { id: 'p1', name: 'Ada Lovelace' },
      { id: 'p2', name: '<b>Eve</b>' },
    ],
    retryAfter: 3,
  };
  const decided: string[] = [];
  const door = new Door({
    lobby: () => Promise.resolve(seen),
    decide(id, admit) {
      decided.push(`${id} ${admit}`);
      seen = { ...seen, waiting: 2, people: seen.people.filter((person) => person.id !== id) };
      return Promise.resolve();
    },
    timers: systemTimers,
  });
  const root = await drawAlone(door);
  const find = (testid: string) => root.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  expect(find('door-said')?.textContent).toBe('');
  expect(find('door')).toBe(null);
  door.open();
  await turn();
  expect(find('door-said')?.getAttribute('role')).toBe('status');
  expect(find('door-said')?.textContent).toBe(
    '3 people are waiting to be let in, Ada Lovelace first.',
  );
  expect(find('door')?.textContent).toContain('<b>Eve</b>');
  expect(find('door')?.textContent).toContain(`(${en['tool.guest']})`);
  expect(find('door')?.textContent).toContain('And 1 more.');
  expect(find('admit')?.getAttribute('aria-label')).toBe('Let in Ada Lovelace');
  expect(find('refuse')?.getAttribute('aria-label')).toBe('Refuse Ada Lovelace');
  find('admit')?.click();
  await turn();
  expect(decided).toEqual(['p1 true']);
  expect(document.activeElement?.className).toBe('door');
  expect(root.querySelectorAll('[data-testid="knock"]')).toHaveLength(1);
  door.close();
});

async function drawAlone(door: Door): Promise<HTMLElement> {
  const texts = new Texts({
    load: () => Promise.resolve(en),
    storage: null,
    wanted: ['en'],
    document,
  });
  await texts.start();
  const root = document.createElement('div');
  document.body.replaceChildren(root);
  const services = { texts } as unknown as Services;
  render(
    <ServicesContext.Provider value={services}>
      <AtTheDoor door={door} />
    </ServicesContext.Provider>,
    root,
  );
  return root;
}
