// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it } from 'vitest';
import { self, someone } from '../../../session/testing/line.ts';
import type { Poll } from '../../../session/wire.ts';
import { drawRoom, type DrawnRoom } from '../testing/room.tsx';
import { PollHint } from './notices.tsx';
import { Polls } from './polls.tsx';

let room: DrawnRoom;

const poll = (id: string, more: Partial<Poll> = {}): Poll => ({
  id,
  key: `key-${id}`,
  participant: 'ann',
  name: 'Ann',
  question: 'Where <b>to</b>?',
  options: [
    { text: 'Here', votes: 1 },
    { text: 'There', votes: 2 },
  ],
  multiple: false,
  secret: false,
  open: true,
  hidden: false,
  voters: 3,
  own: [],
  openedAt: '2026-11-24T10:00:00Z',
  ...more,
});

beforeEach(async () => {
  room = await drawRoom((work, talk) => (
    <>
      <PollHint work={work} talk={talk} />
      <Polls work={work} talk={talk} />
    </>
  ));
  room.line.allow('view', 'chat');
});
afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
});

async function join(more: object = {}): Promise<void> {
  room.line.join([someone(self, more), someone('ann', { name: 'Ann' })]);
  await room.settle();
}

async function tell(...polls: Poll[]): Promise<void> {
  for (const told of polls) room.line.say({ type: 'poll.updated', poll: told });
  await room.settle();
}

it('takes a vote only when the button is pressed, and changes it', async () => {
  await join();
  await tell(poll('a'));
  expect(room.find('poll').textContent).toContain('Where <b>to</b>?');
  expect(room.all('poll-new')).toEqual([]);
  expect(room.all('poll-close')).toEqual([]);
  await room.press('poll-option', 1);
  expect(room.line.of('poll.vote')).toEqual([]);
  await room.press('poll-vote');
  expect(room.line.of('poll.vote')).toEqual([{ type: 'poll.vote', poll: 'a', options: [1] }]);
  expect(room.find('poll-said').textContent).toContain('being sent');
  await tell(poll('a', { own: [1] }));
  expect(room.find('poll-said').textContent).toBe('Your vote is counted.');
  expect(room.find('poll-vote').textContent).toBe('Change my vote');
  await room.press('poll-option', 0);
  await room.press('poll-vote');
  await tell(poll('a', { own: [0] }));
  await room.press('poll-back');
  expect(room.line.of('poll.vote').map(({ options }) => options)).toEqual([[1], [0], []]);
});

it('takes several answers where that is allowed', async () => {
  await join();
  await tell(poll('a', { multiple: true }));
  await room.press('poll-option', 1);
  await room.press('poll-option', 0);
  await room.press('poll-vote');
  expect(room.line.of('poll.vote')[0]?.options).toEqual([0, 1]);
});

it('gives results in numbers too, or says that they are hidden', async () => {
  await join();
  await tell(poll('a', { own: [1] }), poll('b', { secret: true, hidden: true, voters: 1 }));
  const results = room.all('poll-result').map(({ textContent }) => textContent);
  expect(results).toEqual(['Here1 (33%)', 'There (your answer)2 (67%)']);
  expect(room.find('poll-hidden').textContent).toContain('when the poll is closed');
  expect(room.all('poll-voters').map(({ textContent }) => textContent)).toEqual([
    'A vote from 1 person',
    'Votes from 3 people',
  ]);
});

it('opens a poll, and says what is missing', async () => {
  await join({ presents: true });
  await room.press('poll-new');
  await room.press('poll-start');
  expect(document.querySelector('.field-error')?.textContent).toBe('Write your question.');
  room.find<HTMLInputElement>('poll-question').value = ' Where? ';
  await room.press('poll-start');
  expect(document.querySelector('.field-error')?.textContent).toContain('at least two');
  await room.press('poll-answer-add');
  for (const [index, text] of ['Here', 'There', ' Here'].entries()) {
    const entry = room.all('poll-answer')[index] as HTMLInputElement;
    entry.value = text;
    entry.dispatchEvent(new Event('input', { bubbles: true }));
    await room.settle();
  }
  await room.press('poll-start');
  expect(document.querySelector('.field-error')?.textContent).toContain('the same');
  await room.press('poll-answer-remove', 2);
  await room.press('poll-secret');
  await room.press('poll-start');
  const [asked] = room.line.of('poll.open');
  expect(asked).toMatchObject({
    question: 'Where?',
    options: ['Here', 'There'],
    multiple: false,
    secret: true,
  });
  const { key = '' } = asked ?? {};
  room.line.say({ type: 'error', code: 'conflict', detail: '', re: 'poll.open', key });
  await room.settle();
  expect(room.find('poll-refused').textContent).toContain('Delete one first');
  await room.press('poll-start');
  const again = room.line.of('poll.open')[1]?.key ?? '';
  await tell(poll('a', { key: again, participant: self }));
  expect(document.querySelector('dialog')).toBe(null);
});

it('closes and deletes for who opened it, and for organizers', async () => {
  await join({ presents: true });
  await tell(poll('a', { participant: self }), poll('b'));
  expect(room.all('poll-close')).toHaveLength(1);
  await room.press('poll-close');
  await room.press('poll-delete');
  await room.press('poll-delete-no');
  expect(room.line.of('poll.delete')).toEqual([]);
  room.line.allow('view', 'moderate');
  await room.settle();
  await room.press('poll-delete', 0);
  await room.press('poll-delete-yes');
  expect(room.line.of('poll.close')).toEqual([{ type: 'poll.close', poll: 'a' }]);
  expect(room.line.of('poll.delete')).toEqual([{ type: 'poll.delete', poll: 'b' }]);
});

it('hints at a new poll while something else is open', async () => {
  await join();
  await tell(poll('a'));
  expect(room.find('poll-hint').textContent).toContain('Ann has opened a poll');
  await room.press('poll-hint-show');
  expect(room.talk.tab.value).toBe('polls');
  room.talk.tab.value = 'chat';
  await room.settle();
  expect(room.all('poll-hint')).toEqual([]);
  await tell(poll('b'));
  await room.press('poll-hint-later');
  expect(room.all('poll-hint')).toEqual([]);
});
