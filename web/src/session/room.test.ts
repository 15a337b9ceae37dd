import { expect, it } from 'vitest';
import { apply, viewed, type Room } from './room.ts';
import type { Participant, Publication } from './wire.ts';

const person = (id: string): Participant => ({
  id,
  name: id,
  role: 'guest',
  status: '',
  joinedAt: '',
});
const share = (id: string): Publication => ({
  id,
  participant: 'p1',
  name: 'Anne',
  label: 'Screen',
  video: 'VP9',
  audio: '',
  startedAt: '',
  interrupted: false,
  low: false,
});
const empty: Room = {
  instance: 'r1',
  conference: 'c',
  self: 'p1',
  current: '',
  selected: '',
  participants: [],
  publications: [],
};

it('keeps participants by id', () => {
  let room = apply(empty, { type: 'participant.joined', participant: person('p1') });
  room = apply(room, { type: 'participant.joined', participant: person('p2') });
  room = apply(room, {
    type: 'participant.updated',
    participant: { ...person('p1'), status: 'hand' },
  });
  expect(room.participants.map(({ id, status }) => [id, status])).toEqual([
    ['p1', 'hand'],
    ['p2', ''],
  ]);
  room = apply(room, { type: 'participant.left', id: 'p1' });
  expect(room.participants.map(({ id }) => id)).toEqual(['p2']);
});

it('follows the conference, then the pinned share, then the conference again', () => {
  let room = apply(empty, { type: 'publication.started', publication: share('a'), current: 'a' });
  room = apply(room, { type: 'publication.started', publication: share('b'), current: 'b' });
  expect(viewed(room)?.id).toBe('b');
  room = { ...room, selected: 'a' };
  expect(viewed(room)?.id).toBe('a');
  room = apply(room, { type: 'publication.stopped', id: 'a', current: 'b' });
  expect(room.selected).toBe('');
  expect(viewed(room)?.id).toBe('b');
  room = apply(room, { type: 'publication.stopped', id: 'b', current: '' });
  expect(viewed(room)).toBeNull();
});
