import { describe, expect, it, vi } from 'vitest';
import { Api } from './api.ts';
import { AdmissionMemory, talkKey } from './memory.ts';
import { Problem } from './problem.ts';
import type { Fetch } from './request.ts';
import { joinToken, problemResponse } from './testing/transports.ts';
import { storage } from './testing/storage.ts';
import { systemTimers } from './timers.ts';

const conference = {
  id: 'c1',
  name: 'Team A ',
  title: 'Review',
  startsAt: null,
  endsAt: null,
  status: 'open',
  bridges: [{ kind: 'audio', label: 'Paris', country: 'FR', number: '+33 1', code: '1234#' }],
};

function api(answer: Response | Error): { api: Api; fetch: ReturnType<typeof vi.fn<Fetch>> } {
  const fetch = vi.fn<Fetch>(() =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer),
  );
  return { api: new Api({ fetch, timers: systemTimers }), fetch };
}

const json = (body: object | null, status = 200) => new Response(JSON.stringify(body), { status });

describe('admission', () => {
  it('sends name and password exactly as they are', async () => {
    const { api: sut, fetch } = api(json({ conference, identity: null, next: 'identify' }));
    const typed = { name: ' Team  A\u00a0', password: '\tPass word ' };
    const admission = await sut.admit(typed);
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('/api/v1/admissions');
    expect(JSON.parse(String(init?.body))).toEqual(typed);
    expect(new Headers(init?.headers).get('Content-Type')).toBe('application/json');
    expect(admission.conference.name).toBe('Team A ');
    expect(admission.conference.bridges[0]?.code).toBe('1234#');
  });

  it('reads a conference without dates, bridges or welcome', async () => {
    const { api: sut } = api(
      json({ conference: { ...conference, bridges: null }, identity: null, next: 'software' }),
    );
    expect((await sut.admit({ invitation: 'x' })).conference).toMatchObject({
      startsAt: '',
      welcome: '',
      bridges: [],
    });
  });

  it('reports a refusal with its code', async () => {
    const { api: sut } = api(problemResponse(403, 'conference-denied'));
    await expect(sut.admit({ invitation: 'x' })).rejects.toMatchObject({
      code: 'conference-denied',
      status: 403,
    });
  });

  it('reports when to try again', async () => {
    const { api: sut } = api(problemResponse(429, 'rate-limited', { 'Retry-After': '30' }));
    await expect(sut.admit({ invitation: 'x' })).rejects.toMatchObject({ retryAfter: 30 });
  });
});

describe('a server that is busy', () => {
  const busy = (after: string) => problemResponse(503, 'unavailable', { 'Retry-After': after });
  const admitted = () => json({ conference, identity: null, next: 'identify' });

  async function ask(...answers: Response[]): Promise<{ asked: number; result: unknown }> {
    vi.useFakeTimers();
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answers.shift() ?? busy('2')));
    const sut = new Api({ fetch, timers: systemTimers });
    const result = sut.admit({ invitation: 'x' }).catch((problem: unknown) => problem);
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    return { asked: fetch.mock.calls.length, result: await result };
  }

  it('is asked again by itself', async () => {
    const { asked, result } = await ask(busy('2'), busy('2'), admitted());
    expect(asked).toBe(3);
    expect(result).toMatchObject({ next: 'identify' });
  });

  it('is not asked for ever', async () => {
    const { asked, result } = await ask(busy('2'), busy('2'), busy('2'), admitted());
    expect(asked).toBe(3);
    expect(result).toMatchObject({ code: 'unavailable' });
  });

  it('is believed when it says that it will take long', async () => {
    expect((await ask(busy('30'), admitted())).asked).toBe(1);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['network', new TypeError('Failed to fetch')],
    ['unexpected', json({ conference: 1 })],
    ['unexpected', new Response('<html>', { status: 502 })],
  ])('%s', async (code, answer) => {
    await expect(api(answer).api.admit({ invitation: 'x' })).rejects.toMatchObject({ code });
  });

  it('gives up after the time that it was given', async () => {
    vi.useFakeTimers();
    const fetch: Fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      });
    const asked = new Api({ fetch, timers: systemTimers }).joinToken(3000);
    const refused = expect(asked).rejects.toMatchObject({ code: 'timeout' });
    await vi.advanceTimersByTimeAsync(3000);
    await refused;
    vi.useRealTimers();
  });

  it('names the fields that were not accepted', async () => {
    const answer = json({ code: 'invalid', errors: [{ pointer: '/email', detail: 'no' }] }, 422);
    const identity = { title: '', name: 'x', email: '@' };
    await expect(api(answer).api.identify(identity, false)).rejects.toMatchObject({
      fields: [{ pointer: '/email', detail: 'no' }],
    });
  });
});

describe('identity', () => {
  it('is none where the server knows none', async () => {
    expect(await api(json(null)).api.identity()).toBeNull();
  });

  it('is saved with the wish to be remembered', async () => {
    const { api: sut, fetch } = api(json({ title: 'Mr', name: 'James BOND', email: '' }));
    await sut.identify({ title: 'Mr', name: 'James BOND', email: '' }, true);
    expect(JSON.parse(String(fetch.mock.calls[0]?.[1].body))).toMatchObject({ remember: true });
  });

  it('is forgotten with an empty answer', async () => {
    await expect(api(new Response(null, { status: 204 })).api.forget()).resolves.toBeUndefined();
  });
});

describe('join token', () => {
  it('is read with its addresses', async () => {
    const servers = [{ urls: ['turns:relay:443'], username: 'u', credential: 'c' }];
    const { api: sut } = api(json({ ...joinToken(), iceServers: servers }));
    expect(await sut.joinToken(1000)).toMatchObject({
      permissions: ['view', 'share'],
      iceServers: servers,
    });
  });

  it('is refused without an address', async () => {
    const { api: sut } = api(json({ ...joinToken(), relay: { whip: '', whep: '', control: '' } }));
    await expect(sut.joinToken(1000)).rejects.toBeInstanceOf(Problem);
  });
});

describe('memory', () => {
  it('keeps the admission over a reload, without the identity', async () => {
    const kept = storage();
    const identity = { title: '', name: 'James BOND', email: '' };
    const admission = await api(json({ conference, identity, next: 'join' })).api.admit({
      name: 'Team A ',
      password: 'secret',
    });
    new AdmissionMemory(kept).write(admission);
    expect(new AdmissionMemory(kept).read()).toEqual({ ...admission, identity: null });
    expect(kept.getItem('coopnet.admission')).not.toMatch(/secret|BOND/);
    kept.setItem(talkKey, '{}');
    new AdmissionMemory(kept).write(null);
    expect(kept.getItem(talkKey)).toBeNull();
    expect(new AdmissionMemory(kept).read()).toBeNull();
  });

  it('ignores what it cannot read, and a browser without storage', () => {
    const kept = storage();
    kept.setItem('coopnet.admission', '{"conference":7}');
    expect(new AdmissionMemory(kept).read()).toBeNull();
    expect(new AdmissionMemory(null).read()).toBeNull();
  });
});
