import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PollCarrier } from './poll.ts';
import type { Problem } from './problem.ts';
import { ScriptedPolls } from './testing/polls.ts';
import { settle } from './testing/transports.ts';
import { systemTimers } from './timers.ts';
import type { FromRelay } from './wire.ts';

const folder = new URL('../../../shared/wire/testdata/http/', import.meta.url);
const golden = (name: string): { after: number; messages: { type: string }[] } & object =>
  JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
const left = (id: string) => ({ type: 'participant.left', id });

let relay: ScriptedPolls;
let heard: (FromRelay | null)[];
let ends: { code: number; problem: Problem | null }[];
let carrier: PollCarrier;

beforeEach(() => {
  vi.useFakeTimers();
  relay = new ScriptedPolls();
  heard = [];
  ends = [];
  carrier = new PollCarrier(
    { fetch: relay.fetch, timers: systemTimers, random: () => 0 },
    'https://relay.example/control',
    'a-token',
    {
      heard: (read) => heard.push(read()),
      closed: (code, problem) => ends.push({ code, problem }),
    },
  );
});
afterEach(() => {
  carrier.close();
  vi.useRealTimers();
});

async function open(): Promise<void> {
  relay.last('POST').answer(201, golden('opened'), { Location: '/control/secret' });
  await settle();
}

describe('the hello', () => {
  it('is a request, and its answer the first messages', async () => {
    const hello = relay.last('POST');
    expect(hello.url).toBe('https://relay.example/control');
    expect(hello.body).toEqual({ type: 'hello', token: 'a-token' });
    expect(carrier.send({ type: 'view.select', publication: '' })).toBe(false);
    await open();
    expect(heard.map((message) => message?.type)).toEqual(['room.state']);
    expect(relay.last('GET').url).toBe('https://relay.example/control/secret?after=1&poll=1');
  });

  it('is refused as it is over a WebSocket', async () => {
    relay.last('POST').answer(401, golden('refused'));
    await settle();
    expect(heard).toEqual(golden('refused').messages);
    expect(ends).toEqual([{ code: 4401, problem: null }]);
    expect(relay.asked).toHaveLength(1);
  });

  it.each([
    ['a proxy', 403, '<html>', 'unexpected'],
    ['a relay that is full', 503, { code: 'unavailable' }, 'unavailable'],
    ['something else that is content', 200, { after: 0, messages: [] }, 'unexpected'],
  ])('is lost with %s', async (_, status, body, code) => {
    relay.last('POST').answer(status, body);
    await settle();
    expect(ends).toMatchObject([{ code: 1006, problem: { code } }]);
  });

  it('is lost without a network', async () => {
    relay.last('POST').fail();
    await settle();
    expect(ends).toMatchObject([{ code: 1006, problem: { code: 'network' } }]);
  });
});

describe('fetching', () => {
  beforeEach(open);

  it('says how many messages it has', async () => {
    relay.last('GET').answer(200, golden('batch'));
    await settle();
    expect(heard.slice(1)).toEqual(golden('batch').messages);
    expect(relay.last('GET').url).toContain('?after=3&');
    relay.last('GET').answer(200, golden('quiet'));
    await settle();
    expect(heard.at(-1)).toBeNull();
  });

  it('asks again for what was lost with an answer, and passes nothing on twice', async () => {
    relay.last('GET').fail();
    await vi.advanceTimersByTimeAsync(250);
    expect(relay.last('GET').url).toContain('?after=1&poll=2');
    relay.last('GET').answer(502, '<html>');
    await vi.advanceTimersByTimeAsync(500);
    expect(relay.last('GET').url).toContain('?after=1&poll=3');
    relay.last('GET').answer(200, {
      after: 0,
      messages: [left('p0'), left('p1')],
    });
    await settle();
    expect(heard.slice(1)).toEqual([left('p1')]);
    expect(ends).toEqual([]);
  });

  it('is lost after three failures in a row', async () => {
    for (const pause of [250, 500, 0]) {
      relay.last('GET').answer(502, '<html>');
      await vi.advanceTimersByTimeAsync(pause);
    }
    expect(ends).toMatchObject([{ code: 1006, problem: { code: 'unexpected' } }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(relay.of('GET')).toHaveLength(3);
  });

  it('is not impressed by a list of something else', async () => {
    relay.last('GET').answer(200, { after: '1', messages: [] });
    await vi.advanceTimersByTimeAsync(250);
    relay.last('GET').answer(200, { after: -1, messages: [] });
    await vi.advanceTimersByTimeAsync(500);
    relay.last('GET').answer(200, { after: 1, messages: [], end: { code: 'x', reason: '' } });
    await settle();
    expect(heard).toHaveLength(1);
    expect(ends).toMatchObject([{ code: 1006, problem: { code: 'unexpected' } }]);
  });

  it('does not ask a thousand times where a cache answers', async () => {
    for (let round = 0; round < 4; round++) {
      relay.last('GET').answer(200, golden('quiet'));
      await settle();
    }
    expect(relay.of('GET')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(relay.of('GET').length).toBeLessThan(5);
  });

  it.each([
    [404, 'not-found'],
    [409, 'conflict'],
  ])('ends with %i, which lasts', async (status, code) => {
    relay.last('GET').answer(status, { code });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toMatchObject([{ code: 1006, problem: { code: 'network' } }]);
    expect(relay.of('GET')).toHaveLength(1);
  });

  it('ends where messages are missing', async () => {
    relay.last('GET').answer(200, { after: 2, messages: [left('p3')] });
    await settle();
    expect(heard).toHaveLength(1);
    expect(ends).toMatchObject([{ code: 1006 }]);
  });

  it('tells the end after the last message, and leaves', async () => {
    relay.last('GET').answer(200, { ...golden('ended'), after: 1 });
    await settle();
    expect(heard.at(-1)).toEqual({ type: 'room.ended', reason: 'ended' });
    expect(ends).toEqual([{ code: 4410, problem: null }]);
    expect(relay.last('DELETE')).toMatchObject({
      url: 'https://relay.example/control/secret',
      keepalive: true,
    });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(relay.of('GET')).toHaveLength(1);
  });

  it('stops when it is closed, and says so', async () => {
    carrier.close();
    carrier.close();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(ends).toEqual([]);
    expect(relay.of('DELETE')).toHaveLength(1);
    expect(relay.of('GET')).toHaveLength(1);
  });
});

describe('sending', () => {
  const select = (publication: string) => carrier.send({ type: 'view.select', publication });
  const sent = () => relay.of('POST').slice(1);
  beforeEach(open);

  it('numbers its messages, one request after the other', async () => {
    select('a');
    select('b');
    select('c');
    expect(sent().map(({ body }) => body)).toEqual([
      { after: 0, messages: [{ type: 'view.select', publication: 'a' }] },
    ]);
    expect(sent()[0]?.url).toBe('https://relay.example/control/secret/messages');
    sent()[0]?.answer(204);
    await settle();
    expect(sent().at(-1)?.body).toMatchObject({
      after: 1,
      messages: [{ publication: 'b' }, { publication: 'c' }],
    });
  });

  it('sends again what may not have arrived', async () => {
    select('a');
    sent()[0]?.fail();
    await settle();
    select('b');
    await vi.advanceTimersByTimeAsync(250);
    expect(sent().at(-1)?.body).toMatchObject({
      after: 0,
      messages: [{ publication: 'a' }, { publication: 'b' }],
    });
    sent().at(-1)?.answer(204);
    await settle();
    expect(sent()).toHaveLength(2);
  });

  it('keeps no more than it should', () => {
    const taken = Array.from({ length: 100 }, (_, n) => select(`${n}`));
    expect(taken.filter(Boolean)).toHaveLength(64);
  });
});

it('lets input wait that the relay has not taken, and takes everything else', async () => {
  await open();
  const input = { type: 'control.input' as const, grant: 'g', events: [] };
  const taken = Array.from({ length: 30 }, () => carrier.send(input));
  expect(taken.filter(Boolean)).toHaveLength(20);
  expect(carrier.send({ type: 'control.revoke', grant: 'g' })).toBe(true);
});
