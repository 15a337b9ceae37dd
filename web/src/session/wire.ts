/** The control channel's messages (subprotocol coopnet.control.v1), as typed values. */
import {
  count,
  fields,
  flag,
  list,
  named,
  oneOf,
  optionalText,
  ShapeError,
  text,
  textItem,
  type Fields,
} from './shape.ts';
import { drawnShape, pointer, type BoardFromRelay, type BoardToRelay } from './wire/board.ts';
import { chatHistory, chatMessage, type ChatFromRelay, type ChatToRelay } from './wire/chat.ts';
import { readControl, type ControlFromRelay, type ControlToRelay } from './wire/control.ts';
import { participant, type Participant, type Status } from './wire/people.ts';
import { poll, type PollFromRelay, type PollToRelay } from './wire/polls.ts';
import { stage, type Stage, type StageFromRelay, type StageToRelay } from './wire/stage.ts';

export type { Drawing, DrawnShape, Pointer, Tool } from './wire/board.ts';
export type { ChatMessage } from './wire/chat.ts';
export {
  inputLimits,
  type ControlEnd,
  type ControlRefusal,
  type InputEvent,
  type InputKind,
} from './wire/control.ts';
export { roles, type Participant, type Role, type Status } from './wire/people.ts';
export type { Poll, PollOption } from './wire/polls.ts';
export type { Stage, StageKind } from './wire/stage.ts';

export const subprotocol = 'coopnet.control.v1';

const endings = ['ended', 'removed', 'draining'] as const;
export type Ending = (typeof endings)[number];

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
  /** Its presenter's software can be asked for control. */
  control: boolean;
  /** Who controls it now, or "". */
  controller: string;
}

export interface RoomState {
  type: 'room.state';
  /** Names this run of the relay. */
  instance: string;
  conference: string;
  self: string;
  current: string;
  selected: string;
  stage: Stage;
  /** Nobody new gets in, organizers apart. */
  locked: boolean;
  /** Only who presents may chat. */
  muted: boolean;
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
  /** Of an own share: how many watch it, and the ids of some of them. */
  | { type: 'publication.watched'; id: string; count: number; viewers: string[] }
  | { type: 'room.heartbeat' }
  | { type: 'room.updated'; locked: boolean; muted: boolean }
  | { type: 'room.ended'; reason: Ending }
  /** `re` is the refused message's type, `key` its key if it had one. */
  | { type: 'error'; code: string; detail: string; re: string; key: string }
  | ChatFromRelay
  | PollFromRelay
  | BoardFromRelay
  | StageFromRelay
  | ControlFromRelay;

export type ToRelay =
  | { type: 'hello'; token: string }
  | { type: 'room.heartbeat' }
  | { type: 'view.select'; publication: string }
  | { type: 'status.set'; status: Status }
  | { type: 'moderate.remove' | 'moderate.hand'; participant: string }
  | { type: 'moderate.lock'; locked: boolean }
  /** An empty participant means everybody who does not present. */
  | { type: 'moderate.mute'; participant: string; muted: boolean }
  | ChatToRelay
  | PollToRelay
  | BoardToRelay
  | StageToRelay
  | ControlToRelay;

/** Close codes of the control channel. */
export const closed = {
  later: 1013,
  token: 4401,
  removed: 4403,
  replaced: 4409,
  ended: 4410,
  locked: 4423,
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
  return (
    readRoom(type, message) ??
    readTalk(type, message) ??
    readStage(type, message) ??
    readControl(type, message)
  );
}

function readRoom(type: string, message: Fields): FromRelay | null {
  switch (type) {
    case 'room.state':
      return roomState(message);
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
    case 'publication.watched':
      return {
        type,
        id: named(message, 'id'),
        count: count(message, 'count'),
        viewers: list(message, 'viewers', textItem),
      };
    case 'room.heartbeat':
      return { type };
    case 'room.updated':
      return { type, locked: flag(message, 'locked'), muted: flag(message, 'muted') };
    case 'room.ended':
      return { type, reason: oneOf(message, 'reason', endings) };
    case 'error':
      return {
        type,
        code: named(message, 'code'),
        detail: optionalText(message, 'detail'),
        re: optionalText(message, 're'),
        key: optionalText(message, 'key'),
      };
    default:
      return null;
  }
}

function readTalk(type: string, message: Fields): FromRelay | null {
  switch (type) {
    case 'chat.message':
    case 'chat.updated':
      return { type, message: chatMessage(message['message']) };
    case 'chat.deleted':
    case 'poll.deleted':
      return { type, id: named(message, 'id') };
    case 'chat.history':
      return { type, messages: chatHistory(message) };
    case 'poll.updated':
      return { type, poll: poll(message['poll']) };
    default:
      return null;
  }
}

function readStage(type: string, message: Fields): FromRelay | null {
  switch (type) {
    case 'board.shape':
      return { type, surface: named(message, 'surface'), shape: drawnShape(message['shape']) };
    case 'board.erased':
      return {
        type,
        surface: named(message, 'surface'),
        shapes: list(message, 'shapes', textItem),
      };
    case 'board.cleared':
      return { type, surface: named(message, 'surface') };
    case 'board.history':
      return {
        type,
        surface: named(message, 'surface'),
        shapes: list(message, 'shapes', drawnShape),
      };
    case 'pointer.moved':
      return { type, ...pointer(message) };
    case 'pointer.hidden':
      return { type, participant: named(message, 'participant') };
    case 'stage.shown':
      return { type, stage: stage(message['stage']) };
    case 'stage.offered':
    case 'stage.declined':
      return { type, participant: named(message, 'participant'), name: text(message, 'name') };
    case 'document.changed':
      return { type };
    default:
      return null;
  }
}

function roomState(message: Fields): RoomState {
  const current = text(message, 'current');
  return {
    type: 'room.state',
    instance: optionalText(message, 'instance'),
    conference: named(message, 'conference'),
    self: named(message, 'self'),
    current,
    selected: text(message, 'selected'),
    // A relay from before knows of shares only.
    stage: message['stage'] === undefined ? shareOnStage(current) : stage(message['stage']),
    locked: flag(message, 'locked'),
    muted: flag(message, 'muted'),
    participants: list(message, 'participants', participant),
    publications: list(message, 'publications', publication),
  };
}

/** The stage that shows a share, or nothing for "". */
export function shareOnStage(id: string, by = ''): Stage {
  return { kind: 'share', id, name: '', page: 0, pages: 0, participant: by };
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
    control: flag(from, 'control'),
    controller: optionalText(from, 'controller'),
  };
}
