// @vitest-environment happy-dom
import { afterEach, expect, it } from 'vitest';
import { self, someone } from '../../session/testing/line.ts';
import { desk } from '../../session/testing/remote.ts';
import type { Language } from '../../text/texts.ts';
import { Panel } from './panel.tsx';
import { Shares } from './shares.tsx';
import { drawRoom, type DrawnRoom } from './testing/room.tsx';

let room: DrawnRoom;
afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
});

async function presents(language: Language): Promise<void> {
  room = await drawRoom((work) => <Shares work={work} />, language);
  const people = [self, 'Ada', 'Bob', 'Eve', 'Joe'].map((id) => someone(id));
  room.line.join(people, {
    current: 's1',
    publications: [
      { ...desk, id: 's0', participant: 'Ada' },
      { ...desk, participant: self },
    ],
  });
  await room.settle();
}

async function watch(count: number, ...viewers: string[]): Promise<string> {
  room.line.say({ type: 'publication.watched', id: 's1', count, viewers });
  await room.settle();
  return room.find('watched-by').textContent ?? '';
}

it('names who watches the own share, and counts the others', async () => {
  await presents('en');
  expect(room.all('watched-by')).toEqual([]);
  expect(await watch(0)).toBe('Nobody is watching at the moment.');
  expect(await watch(1, 'Ada')).toBe('1 person is watching: Ada');
  expect(await watch(3, 'Ada', 'Bob', 'Eve')).toBe('3 people are watching: Ada, Bob and Eve');
  expect(await watch(4, 'Ada', 'Bob', 'Eve', 'Joe')).toBe(
    '4 people are watching: Ada, Bob and 2 more',
  );
  // One of whom the list does not know yet.
  expect(await watch(3, 'Ada', 'who', 'Bob')).toBe('3 people are watching: Ada, Bob and one more');
  expect(room.all('watched-by')).toHaveLength(1);
  expect([...room.find('watched-by').querySelectorAll('bdi')].length).toBe(3);
});

it('counts those of whom the list knows nobody', async () => {
  await presents('en');
  expect(await watch(1, 'who')).toBe('1 person is watching.');
  expect(await watch(2)).toBe('2 people are watching.');
  expect(room.all('watched-by')[0]?.querySelector('bdi')).toBeNull();
});

it('does so in French', async () => {
  await presents('fr');
  expect(await watch(2, 'Ada', 'Bob')).toBe('2 personnes regardent\u00a0: Ada et Bob');
});

it('says so whichever tab is open', async () => {
  room = await drawRoom((work) => <Panel work={work} />);
  room.line.join([self, 'Ada'].map((id) => someone(id)));
  await room.settle();
  const status = room.find('watched-said');
  expect(status.getAttribute('role')).toBe('status');
  for (const tab of ['tab-documents', 'tab-conference']) {
    await room.press(tab);
    expect(room.find(tab).getAttribute('aria-selected')).toBe('true');
    // The same one, outside of what is hidden: else nobody would hear it.
    expect(room.all('watched-said')).toEqual([status]);
    expect(status.closest('[hidden], [role="tabpanel"]')).toBeNull();
  }
});
