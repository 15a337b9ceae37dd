/** Who is in the room, on the control channel. */
import { fields, flag, named, oneOf, optionalText, text } from '../shape.ts';

export const roles = ['guest', 'internal', 'organizer'] as const;
export type Role = (typeof roles)[number];

const statuses = ['', 'away', 'hand'] as const;
export type Status = (typeof statuses)[number];

export interface Participant {
  id: string;
  name: string;
  role: Role;
  status: Status;
  /** Since when: hands are raised in this order. */
  statusAt: string;
  joinedAt: string;
  /** May share, or moderate. */
  presents: boolean;
  /** May not chat, whatever the room says. */
  muted: boolean;
}

export function participant(value: unknown): Participant {
  const from = fields(value, 'participant');
  return {
    id: named(from, 'id'),
    name: text(from, 'name'),
    role: oneOf(from, 'role', roles),
    status: oneOf(from, 'status', statuses),
    statusAt: optionalText(from, 'statusAt'),
    joinedAt: text(from, 'joinedAt'),
    presents: flag(from, 'presents'),
    muted: flag(from, 'muted'),
  };
}
