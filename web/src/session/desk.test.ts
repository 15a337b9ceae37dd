import { describe, expect, it } from 'vitest';
import { DeskApi, type Filter } from './desk.ts';
import { systemTimers } from './timers.ts';

const all: Filter = { status: '', days: 0 };
const listed = {
  code: '4K7W-F2RT-ET',
  status: 'new',
  size: 7,
  summary: { result: 'failed' },
  note: '',
  receivedAt: '2026-11-24T09:42:00Z',
  expiresAt: '2026-12-24T09:42:00Z',
};

/** An API whose every call gets the same answer; what was asked is kept. */
function api(answer: () => Response) {
  const asked: { url: string; init: RequestInit }[] = [];
  const from = {
    fetch: (url: string, init: RequestInit) => {
      asked.push({ url, init });
      return Promise.resolve(answer());
    },
    timers: systemTimers,
    now: () => new Date('2026-11-24T10:00:00Z'),
  };
  return { desk: new DeskApi(from, 'cns_key'), asked };
}

const json = (body: unknown, headers: HeadersInit = {}) =>
  new Response(JSON.stringify(body), { headers });

describe('the calls of support', () => {
  it('carry the key, and no cookie', async () => {
    const { desk, asked } = api(() => json({ items: [listed], nextCursor: 'more' }));
    const page = await desk.list({ status: 'new', days: 7 }, 'here');
    expect(page.next).toBe('more');
    expect(page.items[0]).toMatchObject({ code: '4K7W-F2RT-ET', status: 'new' });
    expect(asked[0]?.url).toBe(
      '/api/v1/support/diagnostics?limit=25&status=new&from=2026-11-17T10%3A00%3A00.000Z&cursor=here',
    );
    expect(asked[0]?.init).toMatchObject({
      credentials: 'omit',
      headers: { Authorization: 'Bearer cns_key' },
    });
  });

  it('take a code as it was typed, and change what was read', async () => {
    const { desk, asked } = api(() =>
      json({ ...listed, download: { url: 'https://files.example/x' } }, { ETag: '"3"' }),
    );
    const pulled = await desk.pull('4k7w f2rt/et');
    expect(asked[0]?.url).toBe('/api/v1/support/diagnostics/4k7w%20f2rt%2Fet');
    await desk.change(pulled, { status: 'closed' });
    expect(asked[1]?.init).toMatchObject({
      method: 'PATCH',
      body: '{"status":"closed"}',
      headers: { 'If-Match': '"3"' },
    });
  });

  it('never send the key where the file is', async () => {
    const { desk, asked } = api(() =>
      json({ ...listed, download: { url: 'https://files.example/x' } }),
    );
    const pulled = await desk.pull('x');
    await desk.file(pulled);
    expect(asked[1]?.url).toBe('https://files.example/x');
    expect(JSON.stringify(asked[1]?.init)).not.toContain('cns_key');
  });

  it('throw problems', async () => {
    const refused = () => new Response('{"code":"unauthenticated"}', { status: 401 });
    await expect(api(refused).desk.list(all, '')).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    await expect(api(() => json({ items: 1 })).desk.list(all, '')).rejects.toMatchObject({
      code: 'unexpected',
    });
  });
});
