/** What participants say, ask and decide: a presenter, an organizer and guests, with a cut in the middle. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { barriers } from './barriers.ts';
import type { Conference } from './harness.ts';
import { Network, withoutNetwork } from './network.ts';
import { Speaker } from './speaker.ts';
import { Stage } from './stage.ts';
import { until } from './wait.ts';
import { unexpected } from './watch.ts';

let stage: Stage;
let conference: Conference;
let ada: Speaker;
let olga: Speaker;
let bob: Speaker;
let eve: Speaker;
let felix: Speaker;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({
    name: 'Round table',
    permissions: { guestShare: 'none', chat: true, annotate: false },
  });
  const { server } = stage;
  [ada, olga, bob, eve] = await Promise.all([
    Speaker.arrive(stage, 'Ada Presenter', { link: await server.invitation(conference, 'Ada') }),
    Speaker.arrive(stage, 'Olga Organizer', {
      link: await server.invitation(conference, 'Olga', 'organizer'),
    }),
    Speaker.arrive(stage, 'Bob Guest', conference),
    Speaker.arrive(stage, 'Eve Guest', conference),
  ]);
  for (const speaker of [ada, olga, bob, eve]) await speaker.join();
});

afterAll(() => stage?.close());
// A browser writes into the console what it could not load while it had no network, and that somebody is not let in.
afterEach(() =>
  expect(unexpected(/net::ERR_|WebSocket connection|status of 403/)).toEqual([]),
);

test('all read what is written to all; a private message reaches its two ends alone', async () => {
  await ada.write('Good morning. See https://example.com/agenda');
  for (const speaker of [ada, olga, bob, eve]) {
    await speaker.hears('Good morning. See https://example.com/agenda');
  }
  const link = eve.page.getByTestId('message-text').locator('a');
  expect(await link.getAttribute('rel')).toContain('noreferrer');

  await ada.write('A word in confidence', 'Bob Guest');
  // He has not looked yet.
  await bob.sees('two unread messages', async () =>
    (await bob.page.getByTestId('tab-chat').textContent())!.includes('2'),
  );
  await bob.tab('chat');
  await bob.page.getByTestId('reply').last().click();
  await bob.page.getByTestId('chat-entry').fill('Understood, Ada');
  await bob.page.getByTestId('chat-entry').press('Enter');
  await ada.sees('the answer', async () => (await ada.said()).at(-1) === 'Understood, Ada');
  await eve.write('Hello from Eve');
  await eve.hears('Good morning. See https://example.com/agenda', 'Hello from Eve');
  // Not in what is drawn, nor in anything that the relay said to the others.
  for (const other of [eve, olga]) {
    expect(other.wire.join()).not.toMatch(/confidence|Understood/);
    expect(/confidence|Understood/.test(await other.page.content())).toBe(false);
  }
  expect(await ada.page.getByTestId('quote').textContent()).toContain('A word in confidence');
});

test('who comes late reads what was written to all, in order', async () => {
  felix = await Speaker.arrive(stage, 'Felix Late', conference);
  await felix.join();
  await felix.tab('chat');
  await felix.hears('Good morning. See https://example.com/agenda', 'Hello from Eve');
  expect(felix.wire.join()).not.toMatch(/confidence|Understood/);
});

test('people delete what they wrote, organizers anything', async () => {
  await bob.write('Oops');
  await eve.write('Buy cheap watches');
  await olga.tab('chat');
  await olga.sees('both', async () => (await olga.said()).length === 4);
  await bob.message('Oops', 'delete');
  await olga.message('Buy cheap watches', 'delete');
  await eve.hears('Good morning. See https://example.com/agenda', 'Hello from Eve');
});

test('questions: a hand in the row, and a written one that is answered', async () => {
  await bob.portal.hand.click('hand');
  await ada.tab('questions');
  await ada.sees('a hand', async () => (await ada.page.getByTestId('raised').count()) === 1);
  await eve.portal.hand.click('hand');
  await ada.sees('two hands', async () => {
    const raised = await ada.page.getByTestId('raised').allTextContents();
    return raised.length === 2 && raised[0]!.includes('Bob');
  });
  await ada.page.getByTestId('lower').first().click();
  await bob.sees('the own hand is lowered', async () =>
    (await bob.page.getByTestId('hand').getAttribute('aria-label')) === 'Raise hand',
  );
  await eve.portal.hand.click('hand');

  await bob.tab('questions');
  await bob.portal.hand.click('ask');
  await bob.page.getByTestId('chat-entry').fill('Is there a recording?');
  await bob.page.getByTestId('chat-entry').press('Enter');
  await ada.sees('the question', async () => (await ada.page.getByTestId('question').count()) === 1);
  await ada.portal.hand.click('question-answer');
  await bob.portal.hand.click('chat-filter-questions');
  await bob.hears('Is there a recording?');
  await bob.sees('the answer', async () =>
    (await bob.page.getByTestId('message').getAttribute('data-answered')) === 'true',
  );
  await bob.portal.hand.click('chat-filter-all');
});

test('a secret poll: a hint, votes that may change, numbers at its end', async () => {
  await ada.tab('polls');
  await ada.portal.hand.click('poll-new');
  expect(await barriers('new poll', ada.page)).toEqual([]);
  await ada.portal.hand.click('poll-cancel');
  await ada.puts('When do we meet?', ['Monday', 'Tuesday'], true);
  await bob.portal.hand.click('poll-hint-show');
  await bob.votes(0);
  await eve.votes(1);
  await ada.counts([1, 1]);
  await bob.counts(null);
  await bob.votes(1);
  await ada.counts([0, 2]);
  await ada.portal.hand.click('poll-close');
  for (const speaker of [bob, eve, olga]) {
    await speaker.tab('polls');
    await speaker.counts([0, 2]);
  }
  expect(await barriers('polls', bob.page)).toEqual([]);
});

test('the chat and the list are saved', async () => {
  await ada.tab('chat');
  const save = async (menu: string, item: string): Promise<string> => {
    await ada.portal.hand.click(menu);
    const waiting = ada.page.waitForEvent('download');
    await ada.page.getByTestId(`${menu}-${item}`).click();
    return readFileSync(await (await waiting).path(), 'utf8');
  };
  expect(await save('chat-file', 'text')).toMatch(/\] Ada Presenter:\r\n {4}Good morning/);
  expect(await save('chat-file', 'csv')).toContain('Bob Guest,guest,Ada Presenter,,Ada Presenter,"Understood, Ada"');
  expect(await barriers('chat', ada.page)).toEqual([]);
  await ada.tab('conference');
  await ada.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await ada.portal.hand.click('people-menu');
  await ada.portal.hand.click('people-menu-copy');
  await ada.sees('the list is copied', () =>
    ada.page.evaluate(async () => /Olga Organizer \(organizer\)/.test(await navigator.clipboard.readText())),
  );
  expect(await save('people-menu', 'csv')).toMatch(/Olga Organizer,organizer,,/);
  expect(await barriers('participants', ada.page)).toEqual([]);
});

describe.skipIf(withoutNetwork())('without a network', () => {
  let network: Network;
  let zoe: Speaker;
  let oscar: Speaker;
  let yves: Speaker;

  beforeAll(async () => {
    network = Network.open();
    await network.door(stage.server.port);
    const browser = await stage.browser({ program: network.program, args: network.args });
    const arrive = async (...[name, by]: [string, Parameters<typeof Speaker.arrive>[2]]): Promise<Speaker> => {
      const speaker = await Speaker.arrive(stage, name, by, browser);
      await speaker.portal.submit();
      // Pictures find no way here: what is said goes with the control channel.
      await speaker.listed('Ada Presenter');
      return speaker;
    };
    const link = await stage.server.invitation(conference, 'Oscar', 'organizer');
    [zoe, oscar, yves] = await Promise.all([
      arrive('Zoe Faraway', conference),
      arrive('Oscar Faraway', { link }),
      arrive('Yves Faraway', conference),
    ]);
  });

  afterAll(() => network?.close());

  /** What there is before the network is lost. */
  async function begin(): Promise<void> {
    for (const question of ['Closed far away?', 'Closed here?', 'Deleted here?', 'Once more?']) {
      await ada.puts(question);
    }
    await zoe.votes(0);
    await ada.counts([1, 0]);
    await zoe.write('Zoe one');
    await bob.write('Bob regrets');
    await eve.write('Eve rambles');
    await zoe.sees('what will go', async () => (await zoe.said()).includes('Eve rambles'));
  }

  /** What a guest does without a network. */
  async function asks(): Promise<void> {
    await zoe.write('Zoe two');
    await zoe.answers('Bob regrets', 'Zoe three');
    await zoe.votes(1);
    await zoe.portal.hand.click('hand');
    await zoe.write('Zoe in private', 'Ada Presenter');
    await zoe.tab('questions');
    await zoe.portal.hand.click('ask');
    await zoe.page.getByTestId('chat-entry').fill('Zoe asks');
    await zoe.page.getByTestId('chat-entry').press('Enter');
    await zoe.message('Zoe one', 'delete');
  }

  /** What an organizer does without a network. */
  async function directs(): Promise<void> {
    await oscar.message('Eve rambles', 'delete');
    await oscar.person('Bob Guest', 'mute');
    await oscar.person('Felix Late', 'remove');
    await oscar.portal.hand.click('remove-yes');
    await oscar.portal.hand.click('people-menu');
    await oscar.portal.hand.click('people-menu-lock');
    await oscar.closes('Closed far away?');
    await oscar.deletes('When do we meet?');
    await oscar.puts('Opened far away?');
  }

  /** What the others do meanwhile. */
  async function goOn(): Promise<void> {
    await bob.answers('Good morning', 'Bob meanwhile');
    await bob.message('Bob regrets', 'delete');
    await ada.closes('Closed here?');
    await ada.deletes('Deleted here?');
    await ada.puts('Opened here?');
    await olga.person('Eve Guest', 'mute');
    await olga.person('Yves Faraway', 'remove');
    await olga.portal.hand.click('remove-yes');
  }

  test('nothing that is said, voted, decided or moderated is lost, and nothing is there twice', async () => {
    await begin();
    const before = await ada.said();
    network.cut('everything');
    try {
      await Promise.all([asks(), directs(), goOn()]);
      for (const { portal } of [zoe, oscar, yves]) await portal.state('reconnecting', 15_000);
      expect(await zoe.portal.texts('outgoing')).not.toEqual([]);
      expect(await oscar.portal.shows('poll-start')).toBe(true);
    } finally {
      network.heal();
    }
    await zoe.tab('chat');
    const wrote = ['Bob meanwhile', 'Zoe two', 'Zoe three', 'Zoe in private', 'Zoe asks'];
    await until('everything has arrived, once and in its order', 20_000, async () => {
      const since = (await ada.said()).filter((text) => !before.includes(text));
      return since.join() === wrote.join() && (await zoe.page.getByTestId('outgoing').count()) === 0;
    }).catch(async (error) => {
      throw new Error(`${String(error)}: ${(await ada.said()).join()}`);
    });
    expect(bob.wire.join()).not.toContain('Zoe in private');
    // A private message of before is none of hers.
    expect((await zoe.said()).join()).not.toMatch(/confidence|Understood/);
    await ada.tab('questions');
    await ada.sees('her hand', async () => (await ada.page.getByTestId('raised').count()) === 1);
    await ada.sees('her question', async () =>
      (await ada.page.getByTestId('question').allTextContents()).join().includes('Zoe asks'),
    );

    await oscar.sees('the poll is open', async () => !(await oscar.portal.shows('poll-start')));
    const wanted = [
      ...['Opened far away? open true 0:0', 'Opened here? open true 0:0', 'Once more? open true 0:1'],
      ...['Closed here? open false 0:0', 'Closed far away? open false 0:0'],
      ...['Bob Guest muted true ', 'Eve Guest muted true ', 'Zoe Faraway muted false hand'],
      'Bob meanwhile to Good morning. See https://example.com/agenda',
    ];
    for (const one of [ada, olga, bob, eve, zoe, oscar]) {
      await one.sees('what the others see', async () => {
        const [own, all] = [await one.knows(), await ada.knows()];
        return own.join('\n') === all.join('\n') && wanted.every((line) => own.includes(line));
      });
      expect((await one.portal.texts('room-state')).join()).toMatch(/locked/i);
    }
    expect((await ada.knows()).join('\n')).not.toMatch(/Felix|Yves|Zoe one|regrets|rambles|Deleted|When do we meet/);
    await felix.page.locator('[data-testid="after"][data-end="removed"]').waitFor();
    // Who was taken out without a connection finds it over.
    await yves.page.locator('[data-testid="after"][data-end="removed"], [data-end="missed"]').waitFor();

    await oscar.portal.hand.click('tab-conference');
    for (const name of ['Bob Guest', 'Eve Guest']) await oscar.person(name, 'mute');
    await oscar.portal.hand.click('people-menu');
    await oscar.portal.hand.click('people-menu-lock');
    await olga.sees('it is as before', async () => {
      const state = (await olga.portal.texts('room-state')).join('').trim();
      return state === '' && !(await olga.knows()).join().includes('muted true');
    });
  });
});

test('organizers pause the chat, lock and remove', async () => {
  await olga.person('Bob Guest', 'mute');
  await olga.sees('Bob is muted', async () => (await olga.knows()).join().includes('Bob Guest muted true'));
  await bob.tab('chat');
  await bob.portal.reach('chat-muted');
  await bob.page.getByTestId('chat-entry').fill('kept');
  await olga.person('Bob Guest', 'mute');
  await bob.sees('may write again', async () => !(await bob.portal.shows('chat-muted')));
  expect(await bob.page.getByTestId('chat-entry').inputValue()).toBe('kept');

  await olga.portal.hand.click('people-menu');
  await olga.portal.hand.click('people-menu-mute');
  await bob.portal.reach('chat-muted');
  await ada.write('Presenters still write');
  await olga.portal.hand.click('people-menu');
  await olga.portal.hand.click('people-menu-lock');
  await olga.sees('both are shown', async () =>
    /Locked.*paused/s.test((await olga.page.getByTestId('room-state').textContent()) ?? ''),
  );

  const mallory = await Speaker.arrive(stage, 'Mallory Late', conference);
  await mallory.portal.submit();
  await mallory.page.getByText(/locked/i).first().waitFor();
  await mallory.close();
  // Who was in comes back through a locked door.
  await bob.page.reload();
  await bob.listed('Ada Presenter');
  // Nor does a reload take away what was typed and read.
  expect(await bob.page.getByTestId('chat-entry').inputValue()).toBe('kept');
  await bob.hears(...(await ada.said()).filter((text) => text !== 'Zoe in private'));
  expect(await bob.page.getByTestId('tab-chat').textContent()).not.toMatch(/\d/);
  await ada.listed('Mallory Late', false);

  await olga.person('Eve Guest', 'remove');
  await olga.portal.hand.click('remove-yes');
  await ada.listed('Eve Guest', false);
  await eve.page.getByText(/removed/i).first().waitFor();
});
