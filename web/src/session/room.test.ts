import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apply, roomOf, viewed, type Room } from './room.ts';
import { parse, shareOnStage, type FromRelay, type Participant, type Publication } from './wire.ts';

const folder = new URL('../../../shared/wire/testdata/', import.meta.url);
function golden(type: string): FromRelay {
  const message = parse(readFileSync(new URL(`${type}.json`, folder), 'utf8'));
  if (message === null) throw new Error(`${type} is not a message of the relay`);
  return message;
}

const person = (id: string): Participant => ({
  id,
  name: id,
  role: 'guest',
  status: '',
  statusAt: '',
  joinedAt: '',
  presents: false,
  muted: false,
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
  control: false,
  controller: '',
});
const empty: Room = {
  instance: 'r1',
  conference: 'c',
  self: 'p1',
  current: '',
  selected: '',
  stage: shareOnStage(''),
  locked: false,
  muted: false,
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

it('is what the first message says', () => {
  const state = golden('room.state');
  if (state.type !== 'room.state') throw new Error('another message');
  const { type, ...said } = state;
  expect(type).toBe('room.state');
  expect(roomOf(state)).toEqual(said);
  expect(apply(empty, state)).toEqual(said);
});

it('shows what is on the stage, which says the current share too', () => {
  const room = apply(empty, { type: 'publication.started', publication: share('a'), current: 'a' });
  const paged = apply(room, golden('stage.shown'));
  expect(paged.stage).toMatchObject({ kind: 'document', page: 2, pages: 14 });
  expect(paged.current).toBe('a');
  const back = apply(paged, { type: 'stage.shown', stage: shareOnStage('b', 'p1') });
  expect([back.current, back.stage.kind, back.stage.id]).toEqual(['b', 'share', 'b']);
});

it('keeps what an organizer has changed for everybody', () => {
  const room = apply(empty, golden('room.updated'));
  expect([room.locked, room.muted]).toEqual([true, false]);
});
