import type { FromRelay, Participant, Publication, RoomState } from './wire.ts';

/** What this participant knows of the conference's live state. */
export interface Room {
  instance: string;
  conference: string;
  self: string;
  /** The share that the conference follows, or "". */
  current: string;
  /** The share that this participant pinned, or "" to follow the conference. */
  selected: string;
  participants: readonly Participant[];
  publications: readonly Publication[];
}

export function roomOf({
  instance,
  conference,
  self,
  current,
  selected,
  ...lists
}: RoomState): Room {
  return {
    instance,
    conference,
    self,
    current,
    selected,
    participants: lists.participants,
    publications: lists.publications,
  };
}

/** The room after one message; messages that do not concern it leave it as it is. */
export function apply(room: Room, message: FromRelay): Room {
  switch (message.type) {
    case 'room.state':
      return roomOf(message);
    case 'participant.joined':
    case 'participant.updated':
      return { ...room, participants: put(room.participants, message.participant) };
    case 'participant.left':
      return { ...room, participants: without(room.participants, message.id) };
    case 'publication.started':
      return {
        ...room,
        current: message.current,
        publications: put(room.publications, message.publication),
      };
    case 'publication.updated':
      return { ...room, publications: put(room.publications, message.publication) };
    case 'publication.stopped':
      return {
        ...room,
        current: message.current,
        selected: room.selected === message.id ? '' : room.selected,
        publications: without(room.publications, message.id),
      };
    default:
      return room;
  }
}

/** The share that the relay sends to this participant now. */
export function viewed(room: Room): Publication | null {
  const find = (id: string) => room.publications.find((publication) => publication.id === id);
  return find(room.selected) ?? find(room.current) ?? null;
}

function put<T extends { id: string }>(items: readonly T[], item: T): T[] {
  const at = items.findIndex(({ id }) => id === item.id);
  return at < 0 ? [...items, item] : items.with(at, item);
}

function without<T extends { id: string }>(items: readonly T[], id: string): T[] {
  return items.filter((item) => item.id !== id);
}
