// @vitest-environment happy-dom
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import file from '../session/testing/report.json?raw';
import { problemResponse } from '../session/testing/transports.ts';
import { draw, type Answers, type Drawn } from './testing/drawn.tsx';

const code = '4K7W-F2RT-ET';
const listed = (at: string, status = 'new') => ({
  code: at,
  status,
  size: 7,
  sha256: '',
  summary: { result: 'failed', name: 'Ada <b>Lovelace</b>', client: 'Firefox 140' },
  note: '',
  createdAt: '2026-11-24T09:41:00Z',
  receivedAt: '2026-11-24T09:42:00Z',
  expiresAt: '2026-12-24T09:42:00Z',
  version: 2,
});
const json =
  (body: unknown, headers: HeadersInit = {}) =>
  () =>
    new Response(JSON.stringify(body), { headers });
const path = `/support/diagnostics/${code}`;
const first = 'GET /support/diagnostics?limit=25';
const pulled = json({ ...listed(code), download: { url: '/blobs/x' } }, { ETag: '"2"' });
const page = json({ items: [listed(code)], nextCursor: null });
const answers = (more: Answers = {}): Answers => ({
  [first]: page,
  [`GET ${path}`]: pulled,
  [`PATCH ${path}`]: json(listed(code, 'seen'), { ETag: '"3"' }),
  [`DELETE ${path}`]: () => new Response(null, { status: 204 }),
  'GET /blobs/x': () => new Response(file),
  [`GET /support/audit?code=${code}&limit=50`]: json({
    items: [{ at: '2026-11-24T09:43:00Z', actor: 'key:1', action: 'pull' }],
  }),
  ...more,
});

/** The desk, once one of these is on it. */
async function desk(more: Answers, ...shown: string[]): Promise<Drawn> {
  const drawn = await draw('/support/desk', answers(more));
  await onTheDesk(drawn, ...shown);
  return drawn;
}

async function onTheDesk({ seek }: Drawn, ...shown: string[]): Promise<void> {
  await vi.waitFor(() => expect(shown.some((testid) => seek(testid) !== null)).toBe(true), 10_000);
}

async function signedIn(more: Answers = {}): Promise<Drawn> {
  const drawn = await desk(more, 'desk-key');
  drawn.type('desk-key', ' cns_key ');
  await drawn.submit('desk-sign-in');
  await onTheDesk(drawn, 'desk-row', 'desk-none', 'desk-refusal');
  return drawn;
}

async function opened(more: Answers = {}): Promise<Drawn> {
  const drawn = await signedIn(more);
  drawn.type('desk-code', '4k7w f2rt et');
  await drawn.submit('desk-open');
  await onTheDesk(drawn, 'desk-report', 'desk-refusal');
  return drawn;
}

const typed = { [`GET /support/diagnostics/4k7w%20f2rt%20et`]: pulled };

// The page's code is fetched when it is first shown; here it is ready.
beforeAll(() => import('./desk/desk.tsx'));
beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});
afterEach(() => document.body.replaceChildren());

describe('signing in', () => {
  it('asks for a key first, and keeps it in this tab only', async () => {
    const { find, seek } = await signedIn();
    expect(seek('desk-key')).toBeNull();
    expect(find('desk-row').dataset['code']).toBe(code);
    expect(sessionStorage.getItem('coopnet.support')).toBe('cns_key');
    expect(JSON.stringify({ ...localStorage })).not.toContain('cns_key');
  });

  it('goes on after a reload, and forgets the key when it is told to', async () => {
    await signedIn();
    const again = await desk({}, 'desk-row');
    expect(again.find('desk-row')).toBeTruthy();
    await again.submit('desk-sign-out');
    expect(again.find('desk-key')).toBeTruthy();
    expect(sessionStorage.getItem('coopnet.support')).toBeNull();
  });

  it.each([
    ['unauthenticated', 401, 'not known'],
    ['forbidden', 403, 'not for support'],
  ])('says that a key is %s', async (problem, status, words) => {
    const { find } = await signedIn({ [first]: () => problemResponse(status, problem) });
    expect(find('desk-refusal').textContent).toContain(words);
    expect(find('desk-refusal').getAttribute('role')).toBe('alert');
    expect(sessionStorage.getItem('coopnet.support')).toBeNull();
  });

  it('wants something typed', async () => {
    const { find, submit } = await desk({}, 'desk-key');
    await submit('desk-sign-in');
    expect(document.activeElement).toBe(find('desk-key'));
    expect(find('desk-key').getAttribute('aria-invalid')).toBe('true');
  });

  it('ends when the key is revoked meanwhile', async () => {
    let revoked = false;
    const { find, submit } = await signedIn({
      [first]: () => (revoked ? problemResponse(401, 'unauthenticated') : page()),
    });
    revoked = true;
    await submit('desk-refresh');
    expect(find('desk-said').textContent).toContain('not accepted any more');
    expect(find('desk-key')).toBeTruthy();
  });
});

describe('the list', () => {
  it('shows what guests wrote as text', async () => {
    const { find } = await signedIn();
    expect(find('desk-row').textContent).toContain('Ada <b>Lovelace</b>');
    expect(find('desk-row').querySelector('b')).toBeNull();
    expect(find('desk-row').textContent).toMatch(/new.*failed.*Firefox 140/);
  });

  it('has filters and pages', async () => {
    const { asked, find, root, submit } = await signedIn({
      [first]: json({ items: [listed(code)], nextCursor: 'c2' }),
      [`${first}&cursor=c2`]: json({ items: [listed('AAAA-AAAA-AA')], nextCursor: null }),
      [`${first}&status=closed`]: json({ items: [], nextCursor: null }),
    });
    await submit('desk-more');
    expect(root.querySelectorAll('[data-testid="desk-row"]')).toHaveLength(2);
    const status = find<HTMLSelectElement>('desk-status');
    status.value = 'closed';
    status.dispatchEvent(new Event('change', { bubbles: true }));
    await submit('desk-status');
    expect(asked.at(-1)?.call).toBe(`${first}&status=closed`);
    expect(find('desk-none')).toBeTruthy();
  });
});

describe('a report', () => {
  it('is opened by its code, and is then seen', async () => {
    const { asked, find, root } = await opened(typed);
    expect(asked.map(({ call }) => call)).toContain(`PATCH ${path}`);
    expect(find('desk-report').dataset['status']).toBe('seen');
    expect(document.activeElement?.textContent).toBe(`Report ${code}`);
    const findings = [...root.querySelectorAll<HTMLElement>('[data-testid="desk-finding"]')];
    expect(findings.map(({ dataset }) => `${dataset['id']} ${dataset['result']}`)).toEqual([
      'udp failed',
      'turns warning',
      'secure passed',
    ]);
    expect(findings[0]?.textContent).toContain('Pictures over UDP: failed');
    expect(findings[0]?.textContent).toContain('A firewall lets no UDP out.');
    expect(find('desk-tally').textContent).toBe('fine: 1 · to be looked at: 1 · failed: 1');
    expect(find('desk-trail').textContent).toContain('key:1');
    expect(find<HTMLAnchorElement>('desk-download').getAttribute('href')).toBe('/blobs/x');
    expect(root.textContent).toContain('candidates 1 › type');
  });

  it.each([
    [422, 'invalid', 'not a code'],
    [404, 'not-found', 'no such report'],
  ])('is asked for again after %i', async (status, problem, words) => {
    const { find } = await opened({
      [`GET /support/diagnostics/4k7w%20f2rt%20et`]: () => problemResponse(status, problem),
    });
    expect(find('desk-refusal').textContent).toContain(words);
    expect(find('desk-row')).toBeTruthy();
  });

  it('that cannot be read can be downloaded', async () => {
    const { find, seek } = await opened({ ...typed, 'GET /blobs/x': () => new Response('\0') });
    expect(find('desk-unreadable')).toBeTruthy();
    expect(find('desk-download')).toBeTruthy();
    expect(seek('desk-finding')).toBeNull();
  });

  it('is closed with a note', async () => {
    const { asked, find, type, submit } = await opened(typed);
    type('desk-note', 'Called back');
    await submit('desk-save');
    expect(asked.at(-1)).toEqual({ call: `PATCH ${path}`, body: { note: 'Called back' } });
    const state = find<HTMLSelectElement>('desk-state');
    state.value = 'closed';
    state.dispatchEvent(new Event('change', { bubbles: true }));
    await submit('desk-state');
    expect(asked.at(-1)).toEqual({ call: `PATCH ${path}`, body: { status: 'closed' } });
    expect(find('desk-said').textContent).toBe('Saved.');
  });

  it('that somebody else changed says so', async () => {
    const { find, submit } = await opened({
      ...typed,
      [`PATCH ${path}`]: () => problemResponse(412, 'precondition-failed'),
    });
    await submit('desk-save');
    expect(find('desk-refusal').textContent).toContain('Somebody else');
  });

  it('is erased after a question only', async () => {
    const { asked, find, seek, submit } = await opened(typed);
    await submit('desk-erase');
    await submit('desk-keep');
    expect(asked.some(({ call }) => call === `DELETE ${path}`)).toBe(false);
    await submit('desk-erase');
    await submit('desk-erase-yes');
    expect(asked.at(-1)?.call).toBe(`DELETE ${path}`);
    expect(find('desk-said').textContent).toBe('The report is erased.');
    expect(seek('desk-row')).toBeNull();
  });

  it('is left for the list', async () => {
    const { find, submit } = await opened(typed);
    await submit('desk-back');
    expect(find('desk-row').dataset['status']).toBe('seen');
    expect(document.activeElement?.getAttribute('aria-label')).toBe(`Open report ${code}`);
  });
});

it('speaks French', async () => {
  localStorage.setItem('coopnet.language', 'fr');
  const { root } = await signedIn();
  expect(root.textContent).toContain('Bureau d’assistance');
  expect(root.textContent).toContain('nouveau');
});
