// @vitest-environment happy-dom
import { afterEach, expect, it } from 'vitest';
import { self, someone } from '../../session/testing/line.ts';
import { desk } from '../../session/testing/remote.ts';
import type { Language } from '../../text/texts.ts';
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
  expect(room.find('watched-said').getAttribute('role')).toBe('status');
});

it('does so in French', async () => {
  await presents('fr');
  expect(await watch(2, 'Ada', 'Bob')).toBe('2 personnes regardent\u00a0: Ada et Bob');
});
