import type { FromRelay, Participant, Publication, RoomState, Stage } from './wire.ts';

/** What this participant knows of the conference's live state. */
export interface Room {
  instance: string;
  conference: string;
  self: string;
  /** The share that the conference follows, or "". */
  current: string;
  /** The share that this participant pinned, or "" to follow the conference. */
  selected: string;
  /** What the conference shows. */
  stage: Stage;
  /** Nobody new gets in, organizers apart. */
  locked: boolean;
  /** Only who presents may chat. */
  muted: boolean;
  participants: readonly Participant[];
  publications: readonly Publication[];
}

export function roomOf(state: RoomState): Room {
  return {
    instance: state.instance,
    conference: state.conference,
    self: state.self,
    current: state.current,
    selected: state.selected,
    stage: state.stage,
    locked: state.locked,
    muted: state.muted,
    participants: state.participants,
    publications: state.publications,
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
    case 'room.updated':
      return { ...room, locked: message.locked, muted: message.muted };
    case 'stage.shown': {
      const { stage } = message;
      return { ...room, stage, current: stage.kind === 'share' ? stage.id : room.current };
    }
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
