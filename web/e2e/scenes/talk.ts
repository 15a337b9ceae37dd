import type { Page } from 'playwright-core';
import type { Conference } from '../harness.ts';
import { bond } from '../portal.ts';
import type { Area, Set } from '../scenes.ts';
import { until } from '../wait.ts';

/** An organizer and two guests of a conference of their own, by the page of the scenes. */
interface Round {
  conference: Conference;
  olga: Page;
  bob: Page;
}

const rounds = new WeakMap<Page, Round>();

async function gather({ stage, look, page, portal, another }: Set): Promise<Round> {
  const { server } = stage;
  const conference = await server.conference({
    name: `Round ${look.name}`,
    title: 'Project Neptune, steering group',
    permissions: { guestShare: 'none', chat: true, annotate: false },
  });
  const link = await server.invitation(conference, 'Olga', 'organizer');
  await portal.enterByLink(link, { ...bond, title: 'Ms', name: 'Olga Organizer' });
  const bob = await another('Bob');
  await bob.portal.enter(server.origin, conference, { ...bond, name: 'Jean-Baptiste de la Fontaine' });
  for (const each of [portal, bob.portal]) {
    await each.submit();
    await each.state('waiting');
  }
  const round = { conference, olga: page, bob: bob.page };
  rounds.set(page, round);
  return round;
}

const round = (page: Page): Round => rounds.get(page)!;

async function show(page: Page, tab: string, id: string): Promise<void> {
  await page.getByTestId(`tab-${tab}`).click();
  await page.getByTestId(id).first().scrollIntoViewIfNeeded();
}

async function write(page: Page, text: string): Promise<void> {
  await page.getByTestId('chat-entry').fill(text);
  await page.getByTestId('chat-send').click();
  await page.getByTestId('message').filter({ hasText: text.slice(0, 20) }).last().waitFor();
}

/** The panel beside the picture: people, chat, questions, polls. */
export const area: Area = {
  title: 'Talking together',
  scenes: [
    {
      name: 'chat-empty',
      window: true,
      async show(set) {
        const { olga } = await gather(set);
        await show(olga, 'chat', 'chat-entry');
      },
    },
    {
      name: 'chat',
      window: true,
      dark: true,
      async show({ page }) {
        const { olga, bob } = round(page);
        await write(olga, 'Good morning everybody. The agenda is at https://example.com/agenda.');
        await show(bob, 'chat', 'chat-entry');
        await bob.getByTestId('chat-question').click();
        await write(bob, 'Will the slides be shared afterwards?\nAnd is there a recording?');
        await olga.getByTestId('reply').last().click();
        await write(olga, 'Yes, both.');
        const other = await olga.getByTestId('chat-to').locator('option').last().getAttribute('value');
        await olga.getByTestId('chat-to').selectOption(other);
        await write(olga, 'Can you take the minutes?');
      },
    },
    {
      name: 'people',
      window: true,
      dark: true,
      async show({ page }) {
        const { olga, bob } = round(page);
        await bob.getByTestId('hand').click();
        await olga.getByTestId('tab-conference').click();
        await olga.getByTestId('people-menu').click();
        await olga.getByTestId('people-menu-lock').click();
        await until('the lock is shown', 5000, () => olga.getByTestId('room-state').textContent());
        await olga.getByTestId('person-menu').last().click();
        await olga.getByTestId('person-menu-write').last().scrollIntoViewIfNeeded();
      },
    },
    {
      name: 'people-remove',
      window: true,
      async show({ page }) {
        const { olga } = round(page);
        await olga.getByTestId('person-menu-remove').last().click();
        await olga.getByTestId('remove-yes').waitFor();
      },
    },
    {
      name: 'questions',
      window: true,
      dark: true,
      async show({ page }) {
        const { olga } = round(page);
        await olga.getByTestId('remove-no').click();
        await show(olga, 'questions', 'ask');
      },
    },
    {
      name: 'poll-new',
      window: true,
      async show({ page }) {
        const { olga } = round(page);
        await show(olga, 'polls', 'poll-new');
        await olga.getByTestId('poll-new').click();
        await olga.getByTestId('poll-question').fill('When do we meet next?');
        for (const [index, answer] of ['Monday morning', 'Tuesday afternoon'].entries()) {
          await olga.getByTestId('poll-answer').nth(index).fill(answer);
        }
      },
    },
    {
      name: 'poll-hint',
      window: true,
      async show({ page }) {
        const { olga, bob } = round(page);
        await olga.getByTestId('poll-start').click();
        await bob.getByTestId('poll-hint').scrollIntoViewIfNeeded();
        return bob;
      },
    },
    {
      name: 'poll',
      window: true,
      dark: true,
      async show({ page }) {
        const { bob } = round(page);
        await bob.getByTestId('poll-hint-show').click();
        await bob.getByTestId('poll-option').first().check();
        await bob.getByTestId('poll-vote').click();
        await bob.getByTestId('poll-back').waitFor();
        await bob.getByTestId('poll-voters').scrollIntoViewIfNeeded();
        return bob;
      },
    },
    {
      name: 'poll-closed',
      window: true,
      async show({ page }) {
        const { olga, bob } = round(page);
        await olga.getByTestId('poll-close').click();
        await bob.locator('[data-testid="poll"][data-open="false"]').waitFor();
        return bob;
      },
    },
    {
      name: 'chat-paused',
      window: true,
      async show({ page }) {
        const { olga, bob } = round(page);
        await olga.getByTestId('tab-conference').click();
        await olga.getByTestId('people-menu').click();
        await olga.getByTestId('people-menu-mute').click();
        await show(bob, 'chat', 'chat-muted');
        return bob;
      },
    },
    {
      name: 'tool-locked',
      window: true,
      dark: true,
      async show({ stage, page, another }) {
        const late = await another('late');
        await late.portal.enter(stage.server.origin, round(page).conference, { ...bond, name: 'Eve' });
        await late.portal.submit();
        await late.page.locator('[data-testid="after"][data-end="locked"]').waitFor();
        return late.page;
      },
    },
  ],
};
