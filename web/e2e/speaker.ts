import type { Browser, Locator, Page } from 'playwright-core';
import { open, person } from './chromium.ts';
import { bond, chromiumHand, Portal } from './portal.ts';
import type { Stage } from './stage.ts';
import { until } from './wait.ts';

/** Somebody in the tool who writes, asks and votes; everything that the relay says to them is kept. */
export class Speaker {
  /** Messages of the relay, as they came over the wire. */
  readonly wire: string[] = [];
  readonly portal: Portal;

  private constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    this.portal = new Portal(chromiumHand(page));
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => this.wire.push(String(payload)));
    });
  }

  /** On the conference page by a link, or by name and password; not in yet. */
  static async arrive(
    stage: Stage,
    name: string,
    by: { link: string } | { name: string; password: string },
    browser?: Browser,
  ): Promise<Speaker> {
    const context = await person(browser ?? (await stage.audience()));
    const speaker = new Speaker(await open(context, name), name);
    const who = { ...bond, title: '', name };
    if ('link' in by) await speaker.portal.enterByLink(by.link, who);
    else await speaker.portal.enter(stage.server.origin, { ...by, id: '' }, who);
    return speaker;
  }

  /** In the tool. */
  async join(): Promise<this> {
    await this.portal.submit();
    await this.portal.state(['waiting', 'live'], 15_000);
    await this.listed(this.name);
    return this;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async tab(id: 'conference' | 'chat' | 'questions' | 'polls'): Promise<void> {
    await this.portal.hand.click(`tab-${id}`);
  }

  /** Writes to all, or to one. */
  async write(text: string, to?: string): Promise<void> {
    await this.tab('chat');
    await this.page.getByTestId('chat-to').selectOption(to === undefined ? '' : { label: to });
    await this.page.getByTestId('chat-entry').fill(text);
    await this.page.getByTestId('chat-entry').press('Enter');
  }

  /** The texts of all messages, in their order. */
  async said(): Promise<string[]> {
    return this.page.getByTestId('message-text').allTextContents();
  }

  /** Waits until exactly these messages are there. */
  async hears(...texts: string[]): Promise<void> {
    await this.sees(`${this.name} has read ${texts.join(', ')}`, async () => {
      return JSON.stringify(await this.said()) === JSON.stringify(texts);
    });
  }

  async sees(what: string, ask: () => Promise<boolean>): Promise<void> {
    await until(what, 10_000, ask, 50).catch(async (error: unknown) => {
      throw new Error(`${String(error)}; ${this.name} has ${JSON.stringify(await this.said())}`);
    });
  }

  /** Whether somebody is in the list. */
  async listed(name: string, wanted = true): Promise<void> {
    await this.sees(`${name} ${wanted ? 'in' : 'not in'} the list`, async () => {
      const names = await this.page.getByTestId('participant').allTextContents();
      return names.some((line) => line.includes(name)) === wanted;
    });
  }

  /** Chooses from a person's menu. */
  async person(name: string, item: string): Promise<void> {
    await this.tab('conference');
    const line = this.page.getByTestId('participant').filter({ hasText: name });
    await line.getByTestId('person-menu').click();
    await line.getByTestId(`person-menu-${item}`).click();
  }

  /** Chooses from the menu of the message with that text. */
  async message(text: string, item: string): Promise<void> {
    await this.tab('chat');
    const line = this.page.getByTestId('message').filter({ hasText: text }).last();
    await line.getByTestId('message-menu').click();
    await line.getByTestId(`message-menu-${item}`).click();
  }

  /** Answers the message with that text. */
  async answers(text: string, answer: string): Promise<void> {
    await this.tab('chat');
    await this.page.getByTestId('message').filter({ hasText: text }).last().getByTestId('reply').click();
    await this.page.getByTestId('chat-entry').fill(answer);
    await this.page.getByTestId('chat-entry').press('Enter');
  }

  /** Opens a poll with these answers. */
  async puts(question: string, answers = ['Yes', 'No'], secret = false): Promise<void> {
    await this.tab('polls');
    await this.portal.hand.click('poll-new');
    await this.portal.hand.fill('poll-question', question);
    for (const [index, answer] of answers.entries()) {
      await this.page.getByTestId('poll-answer').nth(index).fill(answer);
    }
    if (secret) await this.page.getByTestId('poll-secret').check();
    await this.portal.hand.click('poll-start');
  }

  async closes(question: string): Promise<void> {
    await this.tab('polls');
    await this.poll(question).getByTestId('poll-close').click();
  }

  async deletes(question: string): Promise<void> {
    await this.tab('polls');
    await this.poll(question).getByTestId('poll-delete').click();
    await this.portal.hand.click('poll-delete-yes');
  }

  private poll(question: string): Locator {
    return this.page.getByTestId('poll').filter({ hasText: question });
  }

  /** What this page knows of polls, people and messages (private ones apart), a line each. */
  knows(): Promise<string[]> {
    return this.page.evaluate(() => {
      const all = (id: string): HTMLElement[] => [
        ...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`),
      ];
      const polls = all('poll').map((poll) => {
        const votes = [...poll.querySelectorAll<HTMLElement>('[data-testid="poll-result"]')];
        const counts = votes.map(({ dataset }) => dataset['votes']).join(':');
        return `${poll.querySelector('h3')!.textContent} open ${poll.dataset['open']} ${counts}`;
      });
      const people = all('participant').map((person) => {
        const { muted, status } = person.dataset;
        return `${person.querySelector('bdi')!.textContent} muted ${muted} ${status}`;
      });
      const messages = all('message')
        .filter(({ dataset }) => dataset['private'] === 'false')
        .map((message) => {
          const part = (id: string) => message.querySelector(id)?.textContent ?? '';
          return `${part('[data-testid="message-text"]')} to ${part('[data-testid="quote"] .quote-text')}`;
        });
      return [...polls, ...people.toSorted(), ...messages];
    });
  }

  async votes(...options: number[]): Promise<void> {
    await this.tab('polls');
    const poll = this.page.getByTestId('poll').first();
    for (const option of options) await poll.getByTestId('poll-option').nth(option).check();
    await poll.getByTestId('poll-vote').click();
  }

  /** Waits until the newest poll has these numbers; null when they are hidden. */
  async counts(votes: number[] | null): Promise<void> {
    const poll = this.page.getByTestId('poll').first();
    await this.sees(`${this.name} sees ${JSON.stringify(votes)}`, async () => {
      if (votes === null) return (await poll.getByTestId('poll-hidden').count()) === 1;
      const results = await poll.getByTestId('poll-result').all();
      const found = await Promise.all(results.map((result) => result.getAttribute('data-votes')));
      return JSON.stringify(found.map(Number)) === JSON.stringify(votes);
    });
  }
}
