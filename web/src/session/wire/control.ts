/** Remote control, on the control channel: what a controller's page sends and hears. */
import { named, oneOf, optionalText, text, type Fields } from '../shape.ts';

/** Why a request came to nothing: its presenter's answer, or nobody answered, or somebody has left. */
const refusals = ['denied', 'busy', 'unverified', 'expired', 'gone'] as const;
export type ControlRefusal = (typeof refusals)[number];

const ends = [
  'stopped',
  'released',
  'idle',
  'left',
  'reconnected',
  'ended',
  'removed',
  'expired',
] as const;
/** `stopped` by the presenter, `released` by the controller; `ended` is the share. */
export type ControlEnd = (typeof ends)[number];

export type InputKind = 'move' | 'down' | 'up' | 'wheel' | 'keydown' | 'keyup' | 'text';

/** One thing that a controller does. Members that are zero or empty may be left out. */
export interface InputEvent {
  kind: InputKind;
  /** 0 to 1 of the shared picture; of move, down, up and wheel. */
  x?: number;
  y?: number;
  /** As MouseEvent.button. */
  button?: number;
  /** Of wheel, in notches. */
  dx?: number;
  dy?: number;
  /** KeyboardEvent.code, of keydown and keyup. */
  code?: string;
  /** At most 32 characters. */
  text?: string;
}

/** Bounds of `control.input`: events in a message, messages a second, and how far the software lets one event turn the wheel. */
export const inputLimits = { events: 64, perSecond: 60, notches: 20 } as const;

export type ControlFromRelay =
  | {
      type: 'control.grant';
      request: string;
      /** Of the request. */
      key: string;
      grant: string;
      publication: string;
      /** Who controls. */
      participant: string;
      name: string;
      expiresAt: string;
    }
  | {
      type: 'control.deny';
      request: string;
      key: string;
      publication: string;
      reason: ControlRefusal;
    }
  | { type: 'control.revoke'; grant: string; reason: ControlEnd };

export type ControlToRelay =
  /** `token` comes from `POST /control-tokens`. */
  | { type: 'control.request'; key: string; publication: string; token: string }
  /** Takes the request with this key back, or what it has become. */
  | { type: 'control.withdraw'; key: string }
  | { type: 'control.input'; grant: string; events: InputEvent[] }
  | { type: 'control.revoke'; grant: string };

export function readControl(type: string, message: Fields): ControlFromRelay | null {
  switch (type) {
    case 'control.grant':
      return {
        type,
        request: named(message, 'request'),
        key: optionalText(message, 'key'),
        grant: named(message, 'grant'),
        publication: named(message, 'publication'),
        participant: named(message, 'participant'),
        name: text(message, 'name'),
        expiresAt: text(message, 'expiresAt'),
      };
    case 'control.deny':
      return {
        type,
        request: named(message, 'request'),
        key: optionalText(message, 'key'),
        publication: named(message, 'publication'),
        reason: oneOf(message, 'reason', refusals),
      };
    case 'control.revoke':
      return { type, grant: named(message, 'grant'), reason: oneOf(message, 'reason', ends) };
    default:
      return null;
  }
}
