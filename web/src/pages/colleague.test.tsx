// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it } from 'vitest';
import { problemResponse } from '../session/testing/transports.ts';
import { draw, type Answers } from './testing/drawn.tsx';

const anne = { name: 'Anne Martin', email: 'anne@company.example' };
const identity = { title: '', ...anne };
const conference = { id: 'c1', name: 'Team A', title: '', status: 'open', bridges: [] };
const json = (body: unknown) => () => new Response(JSON.stringify(body));
const site = (needsPassword = false): Answers => ({
  'GET /site': json({ signIn: true, needsPassword }),
});
const signedIn: Answers = { ...site(), 'GET /session': json(anne) };
const gone = () => new Response(null, { status: 204 });

beforeEach(() => sessionStorage.clear());
afterEach(() => document.body.replaceChildren());

it('offers no sign-in where there is none', async () => {
  const { asked, seek } = await draw('/', { 'GET /site': json({ signIn: false }) });
  expect(seek('sign-in')).toBeNull();
  expect(asked.some(({ call }) => call === 'GET /session')).toBe(false);
});

it('offers it as a link, and has what was typed afterwards', async () => {
  const first = await draw('/', { ...site(), 'GET /session': json(null) });
  const link = first.find<HTMLAnchorElement>('sign-in');
  expect(link.getAttribute('href')).toBe('/api/v1/sign-in?return=/');
  first.type('name', ' Team A');
  link.addEventListener('click', (event) => event.preventDefault());
  await first.submit('sign-in');
  const { find, seek } = await draw('/', signedIn);
  expect(find<HTMLInputElement>('name').value).toBe(' Team A');
  expect(seek('sign-in')).toBeNull();
  const again = await draw('/', signedIn);
  expect(again.find<HTMLInputElement>('name').value).toBe('');
});

it('lets a colleague in by the name alone, under the name of the company', async () => {
  const { asked, find, seek, submit, type } = await draw('/', {
    ...signedIn,
    'GET /identity': json({ title: 'Mr', name: 'James BOND', email: 'b@example.com' }),
    'POST /admissions': json({ conference, identity, signedIn: true, next: 'software' }),
  });
  expect(find('signed-in').textContent).toContain('Anne Martin');
  expect(find('band-identity').textContent).toBe('Anne Martin');
  expect(seek('disconnect')).toBeNull();
  expect(seek('password')).toBeNull();
  type('name', 'Team A');
  await submit('participate');
  expect(asked.filter(({ call }) => call === 'POST /admissions')).toEqual([
    { call: 'POST /admissions', body: { name: 'Team A' } },
  ]);
  expect(location.pathname).toBe('/choice');
  // Also after a reload, and when the session has ended.
  const later = await draw('/conference', { ...site(), 'GET /session': json(null) });
  expect(later.find('band-identity').textContent).toBe('Anne Martin');
});

it('asks for the password where the deployment wants it', async () => {
  const { asked, find, submit, type } = await draw('/', {
    ...signedIn,
    ...site(true),
    'POST /admissions': json({ conference, identity, signedIn: true, next: 'software' }),
  });
  expect(find('signed-in').textContent).not.toContain('enough');
  type('name', 'Team A');
  type('password', 'x');
  await submit('participate');
  expect(asked.find(({ call }) => call === 'POST /admissions')?.body).toEqual({
    name: 'Team A',
    password: 'x',
  });
  const { root } = await draw('/', { ...site(true), 'GET /session': json(null) });
  expect(root.querySelector('.colleague')?.textContent).not.toContain('without');
});

it('says it in other words when the conference does not open', async () => {
  const { find, submit, type } = await draw('/', {
    ...signedIn,
    'POST /admissions': () => problemResponse(403, 'conference-denied'),
  });
  type('name', 'team a');
  await submit('participate');
  expect(find('refusal').textContent).not.toContain('password');
});

it('goes back to the password when the session has ended meanwhile', async () => {
  const answer = { code: 'invalid', errors: [{ pointer: '/password', detail: 'is empty' }] };
  const { find, submit, type } = await draw('/', {
    ...signedIn,
    'POST /admissions': () => new Response(JSON.stringify(answer), { status: 422 }),
  });
  type('name', 'Team A');
  await submit('participate');
  expect(find('sign-in-refused').textContent).toContain('has ended');
  expect(find<HTMLInputElement>('name').value).toBe('Team A');
  expect(find('password')).toBeTruthy();
});

it('signs out, and gives back what was joined', async () => {
  const { asked, find, seek, submit, type } = await draw('/', {
    ...signedIn,
    'POST /admissions': json({ conference, identity, signedIn: true, next: 'software' }),
    'DELETE /session': gone,
    'DELETE /admissions': gone,
  });
  type('name', 'Team A');
  await submit('participate');
  await submit('sign-out');
  expect(asked.slice(-2).map(({ call }) => call)).toEqual([
    'DELETE /session',
    'DELETE /admissions',
  ]);
  expect(location.pathname).toBe('/');
  expect(seek('sign-out')).toBeNull();
  expect(find('password')).toBeTruthy();
  expect(find('sign-in')).toBeTruthy();
});

it.each([
  ['forbidden', 'may not join'],
  ['csrf', 'another window'],
  ['unavailable', 'does not answer'],
  ['rate-limited', 'Too many'],
  ['<script>', 'did not work'],
])('tells why a sign-in did not work: %s', async (code, words) => {
  const { find } = await draw(`/#sign-in=${encodeURIComponent(code)}`, {
    ...site(),
    'GET /session': json(null),
  });
  expect(find('sign-in-refused').textContent).toContain(words);
  expect(find('sign-in-refused').getAttribute('role')).toBe('alert');
  expect(location.hash).toBe('');
});
