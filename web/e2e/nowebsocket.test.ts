/** A proxy that lets no WebSocket through: everything works over HTTP, as ever. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Conference } from './harness.ts';
import { pictureSince, untilSeen } from './measure.ts';
import { bond } from './portal.ts';
import { freePort, Gateway } from './gateway.ts';
import { calm, Stage, type Attendee, type Presenter } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

const tag = 8201;

let proxy: Gateway;
let stage: Stage;
let conference: Conference;
let presenter: Presenter;

beforeAll(async () => {
  const port = await freePort();
  proxy = await Gateway.open(port);
  stage = await Stage.open({
    listen: `localhost:${port}`,
    args: ['--public-url', proxy.origin],
  });
  conference = await stage.server.conference({ name: 'Behind a proxy' });
  // The presenter comes over a WebSocket.
  presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter', pace: calm });
  await presenter.portal.share();
});

afterAll(async () => {
  await stage?.close();
  await proxy?.close();
});

// Chromium writes into the console what the proxy, or a server that is down, does not answer.
afterEach(() => expect(unexpected(/WebSocket connection to/, /Failed to load/)).toEqual([]));

async function lists(who: Attendee, name: string, listed: boolean): Promise<void> {
  await until(`${name} is ${listed ? 'listed' : 'gone'}`, 10_000, async () => {
    return (await who.portal.texts('participant')).join('\n').includes(name) === listed;
  });
}

/** Milliseconds until the tool says one of these states. */
async function noticed(who: Attendee, state: string, since: number): Promise<number> {
  await who.portal.state(state);
  return Date.now() - since;
}

test('whatever a proxy does to WebSockets, a guest sees the picture', async () => {
  const viewers: Attendee[] = [];
  for (const upgrades of ['strip', 'swallow', 'deaf'] as const) {
    proxy.upgrades = upgrades;
    proxy.seen.length = 0;
    const viewer = await stage.guest(conference, { ...bond, name: `Guest of ${upgrades}` });
    const pressed = await viewer.portal.submit();
    const seen = await untilSeen(viewer.page, 'the picture', 10_000, (s) => s.tag === tag, pressed);
    const live = await noticed(viewer, 'live', pressed);
    expect(live, upgrades).toBeLessThan(10_000);
    console.log(`${upgrades}: picture ${(seen.at - pressed).toFixed(0)} ms, live ${live.toFixed(0)} ms after Submit`);
    expect(proxy.seen, upgrades).toContain('POST /control');
    expect(proxy.seen, upgrades).toContain('GET /control/ID');
    viewers.push(viewer);
  }

  // Both ways: who is there hears of who comes and goes.
  const all = [presenter, ...viewers];
  for (const viewer of viewers) await lists(viewer, 'Ada Presenter', true);
  for (const name of ['strip', 'swallow', 'deaf']) await lists(presenter, `Guest of ${name}`, true);
  const other = await stage.guest(conference, { ...bond, name: 'Eve Moneypenny' });
  await other.portal.submit();
  for (const one of all) await lists(one, 'Eve Moneypenny', true);
  await other.portal.hand.click('leave');
  for (const one of all) await lists(one, 'Eve Moneypenny', false);
  await other.context.close();

  const stopped = Date.now();
  await presenter.portal.hand.click('stop-share');
  const gone = await Promise.all(viewers.map((viewer) => noticed(viewer, 'waiting', stopped)));
  await presenter.portal.shareState('idle');
  await presenter.portal.share();
  const again = Date.now();
  await Promise.all(viewers.map((viewer) => pictureSince(viewer.page, tag, again)));
  const back = await Promise.all(viewers.map((viewer) => noticed(viewer, 'live', again)));
  console.log(`the stop was told after ${gone.join(', ')} ms, the next share after ${back.join(', ')} ms`);
  expect(Math.max(...gone)).toBeLessThan(3000);

  for (const { portal, context } of viewers) {
    await portal.hand.click('leave');
    await context.close();
  }
  for (const name of ['strip', 'swallow', 'deaf']) await lists(presenter, `Guest of ${name}`, false);
});

test('a guest picks one of two shares, and follows again', async () => {
  proxy.upgrades = 'strip';
  const viewer = await stage.guest(conference, { ...bond, name: 'Felix Leiter' });
  await viewer.portal.submit();
  await viewer.portal.state('live');
  const grace = await stage.presenter(conference, { tag: tag + 1, name: 'Grace Second', pace: calm });
  await grace.portal.share('Second screen');
  await untilSeen(viewer.page, 'the newer share', 10_000, (seen) => seen.tag === tag + 1);
  const shares = await until('two shares are listed', 5000, async () => {
    const listed = await viewer.portal.facts('share');
    return listed.length === 2 && listed;
  });
  const older = shares.findIndex((share) => share['viewed'] === 'false');
  await viewer.page.getByTestId('share').nth(older).getByRole('button').click();
  await untilSeen(viewer.page, 'the picked share', 10_000, (seen) => seen.tag === tag);
  await viewer.portal.hand.click('follow');
  await untilSeen(viewer.page, "the conference's share", 10_000, (seen) => seen.tag === tag + 1);
  await grace.context.close();
  await viewer.context.close();
});

test('what is written and voted goes both ways, and outlives the way', async () => {
  proxy.upgrades = 'strip';
  const viewer = await stage.guest(conference, { ...bond, name: 'Eve Voter' });
  await viewer.portal.submit();
  await viewer.portal.state('live');
  const says = async (who: Attendee, text: string): Promise<void> => {
    await who.portal.hand.click('tab-chat');
    await who.portal.hand.fill('chat-entry', text);
    await who.page.keyboard.press('Enter');
  };
  const reads = (who: Attendee, texts: string[]): Promise<boolean> =>
    until(`${texts.join(', ')} is read`, 10_000, async () => {
      return (await who.portal.texts('message-text')).join('\n') === texts.join('\n');
    });
  await says(viewer, 'Over HTTP');
  await says(presenter, 'Over a WebSocket');
  for (const who of [viewer, presenter]) await reads(who, ['Over HTTP', 'Over a WebSocket']);

  await presenter.portal.hand.click('tab-polls');
  await presenter.portal.hand.click('poll-new');
  await presenter.portal.hand.fill('poll-question', 'Once more?');
  for (const [index, answer] of ['Yes', 'No'].entries()) {
    await presenter.page.getByTestId('poll-answer').nth(index).fill(answer);
  }
  await presenter.portal.hand.click('poll-start');
  await viewer.portal.hand.click('tab-polls');
  await viewer.page.getByTestId('poll-option').first().check();
  await viewer.portal.hand.click('poll-vote');
  await until('the vote counts', 10_000, async () => {
    return (await presenter.portal.facts('poll-result'))[0]?.['votes'] === '1';
  });

  // Nothing goes through for a while; what was said meanwhile comes once, in order.
  await viewer.context.setOffline(true);
  await says(viewer, 'Said without a network');
  await viewer.page.getByTestId('tab-polls').click();
  await viewer.page.getByTestId('poll-option').nth(1).check();
  await viewer.portal.hand.click('poll-vote');
  await viewer.portal.state('reconnecting', 20_000);
  await viewer.context.setOffline(false);
  const all = ['Over HTTP', 'Over a WebSocket', 'Said without a network'];
  for (const who of [viewer, presenter]) await reads(who, all);
  await until('the other vote counts', 10_000, async () => {
    return (await presenter.portal.facts('poll-result'))[1]?.['votes'] === '1';
  });
  await viewer.context.close();
});

test.each([
  { how: 'stops', limit: 2000 },
  { how: 'is killed', limit: 3000 },
] as const)('a relay that $how is noticed, and the guest comes back', async ({ how, limit }) => {
  proxy.upgrades = 'strip';
  const viewer = await stage.guest(conference, { ...bond, name: `Guest, relay ${how}` });
  await viewer.portal.submit();
  await viewer.portal.state('live', 15_000);
  const down = Date.now();
  const ended = how === 'stops' ? stage.server.halt() : stage.server.crash();
  const told = await noticed(viewer, 'reconnecting', down);
  await ended;
  await stage.server.restart();
  const up = Date.now();
  const picture = await pictureSince(viewer.page, tag, up);
  await viewer.portal.state('live', 15_000);
  console.log(`a relay that ${how}: told after ${told} ms; picture ${picture.toFixed(0)} ms after the new start`);
  expect(told).toBeLessThan(limit);
  await viewer.context.close();
});
