// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { self, someone } from '../../session/testing/line.ts';
import { inOrder, matching, Participants } from './participants.tsx';
import { Announcer, useRefusals } from './talk/notices.tsx';
import { Questions } from './talk/questions.tsx';
import { drawRoom, type DrawnRoom } from './testing/room.tsx';

let room: DrawnRoom;

beforeEach(async () => {
  room = await drawRoom((work, talk) => {
    useRefusals(work);
    return (
      <>
        <Announcer work={work} />
        <Participants work={work} talk={talk} />
        <Questions work={work} talk={talk} />
      </>
    );
  });
  room.line.allow('view', 'chat');
});
afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
});

const ann = someone('ann', { name: 'Ann', status: 'hand', statusAt: '2026-11-24T10:00:02Z' });
const bob = someone('bob', {
  name: 'Bob',
  status: 'hand',
  statusAt: '2026-11-24T10:00:01Z',
  presents: true,
  role: 'internal',
});

async function join(...others: Parameters<typeof room.line.join>): Promise<void> {
  room.line.join(...others);
  await room.settle();
}

it('lists who is there, with what they are and do', async () => {
  const away = someone('eve', { name: 'Eve', role: 'organizer', status: 'away', muted: true });
  await join([ann, away, someone(self, { name: 'Me' }), bob]);
  expect(room.all('participant').map(({ dataset }) => dataset['id'])).toEqual([
    self,
    'bob',
    'ann',
    'eve',
  ]);
  const said = room.all('participant').map((line) => line.querySelector('.marks')?.textContent);
  expect(said).toEqual([
    '(guest, you)',
    '(hand raised)',
    '(guest, hand raised)',
    '(organizer, away, may not write)',
  ]);
});

it('sets the own status', async () => {
  await join([someone(self)]);
  await room.press('away');
  expect(room.find('away').textContent).toBe('I am back');
  await room.press('away');
  await room.press('hand-button');
  expect(room.line.of('status.set').map(({ status }) => status)).toEqual(['away', '', 'hand']);
  expect(room.find('hand-button').textContent).toBe('Lower hand');
});

it('keeps hands in order, and lets a presenter lower one', async () => {
  await join([someone(self), ann, bob]);
  expect(room.all('raised').map(({ dataset }) => dataset['id'])).toEqual(['bob', 'ann']);
  expect(room.all('lower')).toEqual([]);
  await join([someone(self, { presents: true }), ann, bob]);
  await room.press('lower', 1);
  expect(room.line.of('moderate.hand')).toEqual([{ type: 'moderate.hand', participant: 'ann' }]);
});

it('tells somebody where in the row they are', async () => {
  const mine = { status: 'hand' as const, statusAt: '2026-11-24T10:00:03Z' };
  await join([someone(self, mine), ann, bob]);
  expect(room.find('hands-said').textContent).toBe('Your hand is raised, as number 3 of 3.');
});

it('offers a guest a private message alone', async () => {
  await join([someone(self), ann]);
  await room.press('person-menu');
  const items = [...document.querySelectorAll('[data-testid^="person-menu-"]')];
  expect(items.map((item) => item.textContent)).toEqual(['Private message']);
  await room.press('person-menu-write');
  expect([room.talk.tab.value, room.talk.to.value]).toEqual(['chat', 'ann']);
});

it('lets who presents hand over and lower hands', async () => {
  await join([someone(self, { presents: true, name: 'Me' }), ann, bob]);
  await room.choose('person-menu', 'offer', 0);
  expect(room.line.of('stage.offer')).toEqual([{ type: 'stage.offer', participant: 'bob' }]);
  await room.press('person-menu', 1);
  expect(room.all('person-menu-mute')).toEqual([]);
  await room.press('person-menu-hand', 1);
  expect(room.line.of('moderate.hand')).toEqual([{ type: 'moderate.hand', participant: 'ann' }]);
});

it('lets organizers mute, lock and remove, and asks before that', async () => {
  room.line.allow('view', 'chat', 'share', 'moderate');
  await join([someone(self, { presents: true, role: 'organizer' }), ann]);
  await room.choose('person-menu', 'mute');
  await room.choose('person-menu', 'remove');
  expect(document.querySelector('dialog')?.textContent).toContain('Remove Ann?');
  await room.press('remove-no');
  expect(room.line.of('moderate.remove')).toEqual([]);
  await room.choose('person-menu', 'remove');
  await room.press('remove-yes');
  await room.choose('people-menu', 'lock');
  await room.choose('people-menu', 'mute');
  expect(room.line.sent).toEqual([
    { type: 'moderate.mute', participant: 'ann', muted: true },
    { type: 'moderate.remove', participant: 'ann' },
    { type: 'moderate.lock', locked: true },
    { type: 'moderate.mute', participant: '', muted: true },
  ]);
  room.line.say({ type: 'room.updated', locked: true, muted: true });
  await room.settle();
  expect(room.find('room-state').textContent).toContain('Locked');
  expect(room.find('people-menu-lock').textContent).toBe('Unlock the conference');
  room.line.say({ type: 'error', code: 'forbidden', detail: '', re: 'moderate.remove', key: '' });
  await room.settle();
  expect(room.toasts.said.value.map(({ text }) => text)).toEqual([
    'You are not allowed to do this.',
  ]);
});

it('copies and saves the list', async () => {
  await join([someone(self, { name: '=Me' }), ann]);
  const copied = vi.fn(() => Promise.resolve());
  vi.spyOn(navigator.clipboard, 'writeText').mockImplementation(copied);
  await room.choose('people-menu', 'copy');
  expect(copied).toHaveBeenCalledWith('=Me (guest)\nAnn (guest)');
  expect(room.toasts.said.value[0]?.text).toBe('The list is copied.');
  let saved: Blob | undefined;
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved = blob as Blob;
    return 'blob:x';
  });
  await room.choose('people-menu', 'csv');
  expect(await saved?.text()).toMatch(
    /Name,Role,Status,In the conference since\r\n'=Me,guest,,2026-11-24 \d\d:00:00\r\nAnn,guest,hand raised,/,
  );
});

it('stays quick with 500 people, and finds each', async () => {
  const crowd = Array.from({ length: 500 }, (_, at) => someone(`p${at}`, { name: `Person ${at}` }));
  await join([someone(self, { name: 'Élodie' }), ...crowd]);
  expect(room.all('participant')).toHaveLength(50);
  await room.press('people-more');
  expect(room.all('participant')).toHaveLength(100);
  await room.type('people-search', '49 person');
  expect(room.find('people-found').textContent).toBe('Found: 15');
  await room.type('people-search', 'elodie');
  expect(room.all('participant')).toHaveLength(1);
  await room.type('people-search', 'nobody');
  expect(room.find('people-found').textContent).toBe('Nobody has this name.');
});

it('draws nobody again who has not changed', async () => {
  const crowd = Array.from({ length: 40 }, (_, at) => someone(`p${at}`));
  await join([someone(self), ...crowd]);
  const marks = () => room.all('participant').map((line) => line.querySelector('.marks'));
  const before = marks();
  const changed = vi.fn();
  const watching = new MutationObserver((records) => changed(records.length));
  watching.observe(room.find('participants'), {
    subtree: true,
    childList: true,
    characterData: true,
  });
  room.line.say({ type: 'participant.updated', participant: someone('p7', { status: 'away' }) });
  await room.settle();
  watching.disconnect();
  expect(marks()).toEqual(before);
  expect(changed.mock.calls.flat().reduce((sum, count) => sum + count, 0)).toBeLessThan(6);
});

it('orders and finds by plain letters', () => {
  const people = [
    someone('b', { name: 'Émile Zola' }),
    someone('a', { name: 'Ann', presents: true }),
  ];
  expect(inOrder(people, 'b').map(({ id }) => id)).toEqual(['b', 'a']);
  expect(matching(people, 'ZOLA em').map(({ id }) => id)).toEqual(['b']);
});
