/** The control channel's messages (subprotocol coopnet.control.v1), as typed values. */
import { fields, flag, list, named, oneOf, optionalText, ShapeError, text } from './shape.ts';

export const subprotocol = 'coopnet.control.v1';

export const roles = ['guest', 'internal', 'organizer'] as const;
export type Role = (typeof roles)[number];

const statuses = ['', 'away', 'hand'] as const;
export type Status = (typeof statuses)[number];

const endings = ['ended', 'removed', 'draining'] as const;
export type Ending = (typeof endings)[number];

export interface Participant {
  id: string;
  name: string;
  role: Role;
  status: Status;
  joinedAt: string;
}

export interface Publication {
  id: string;
  participant: string;
  name: string;
  label: string;
  video: string;
  audio: string;
  startedAt: string;
  /** The presenter's network is silent. */
  interrupted: boolean;
  /** The way to somebody carries only the low picture, which the presenter has to send now. */
  low: boolean;
}

export interface RoomState {
  type: 'room.state';
  /** Names this run of the relay. */
  instance: string;
  conference: string;
  self: string;
  current: string;
  selected: string;
  participants: Participant[];
  publications: Publication[];
}

export type FromRelay =
  | RoomState
  | { type: 'participant.joined' | 'participant.updated'; participant: Participant }
  | { type: 'participant.left'; id: string }
  | { type: 'publication.started'; publication: Publication; current: string }
  | { type: 'publication.updated'; publication: Publication }
  | { type: 'publication.stopped'; id: string; current: string }
  | { type: 'room.heartbeat' }
  | { type: 'room.ended'; reason: Ending }
  | { type: 'error'; code: string; detail: string; re: string };

export type ToRelay =
  | { type: 'hello'; token: string }
  | { type: 'room.heartbeat' }
  | { type: 'view.select'; publication: string };

/** Close codes of the control channel. */
export const closed = {
  later: 1013,
  token: 4401,
  removed: 4403,
  replaced: 4409,
  ended: 4410,
} as const;

/**
 * The message in one text frame, or null for a type that this version does not know (a newer relay
 * may send more). Throws ShapeError for what is no message at all.
 */
export function parse(frame: string): FromRelay | null {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch (cause) {
    throw new ShapeError('the frame is not JSON', { cause });
  }
  return read(value);
}

/** The same for a message that was part of a list. */
export function read(value: unknown): FromRelay | null {
  const message = fields(value, 'message');
  const type = text(message, 'type');
  switch (type) {
    case 'room.state':
      return {
        type,
        instance: optionalText(message, 'instance'),
        conference: named(message, 'conference'),
        self: named(message, 'self'),
        current: text(message, 'current'),
        selected: text(message, 'selected'),
        participants: list(message, 'participants', participant),
        publications: list(message, 'publications', publication),
      };
    case 'participant.joined':
    case 'participant.updated':
      return { type, participant: participant(message['participant']) };
    case 'participant.left':
      return { type, id: named(message, 'id') };
    case 'publication.started':
      return {
        type,
        publication: publication(message['publication']),
        current: text(message, 'current'),
      };
    case 'publication.updated':
      return { type, publication: publication(message['publication']) };
    case 'publication.stopped':
      return { type, id: named(message, 'id'), current: text(message, 'current') };
    case 'room.heartbeat':
      return { type };
    case 'room.ended':
      return { type, reason: oneOf(message, 'reason', endings) };
    case 'error':
      return {
        type,
        code: named(message, 'code'),
        detail: optionalText(message, 'detail'),
        re: optionalText(message, 're'),
      };
    default:
      return null;
  }
}

function participant(value: unknown): Participant {
  const from = fields(value, 'participant');
  return {
    id: named(from, 'id'),
    name: text(from, 'name'),
    role: oneOf(from, 'role', roles),
    status: oneOf(from, 'status', statuses),
    joinedAt: text(from, 'joinedAt'),
  };
}

function publication(value: unknown): Publication {
  const from = fields(value, 'publication');
  return {
    id: named(from, 'id'),
    participant: named(from, 'participant'),
    name: text(from, 'name'),
    label: text(from, 'label'),
    video: text(from, 'video'),
    audio: optionalText(from, 'audio'),
    startedAt: text(from, 'startedAt'),
    interrupted: flag(from, 'interrupted'),
    low: flag(from, 'low'),
  };
}
