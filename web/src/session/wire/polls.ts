/** Polls, on the control channel. */
import { count, fields, flag, list, named, optionalText, text, whole } from '../shape.ts';

export interface PollOption {
  text: string;
  votes: number;
}

/** A poll as this participant sees it. */
export interface Poll {
  id: string;
  /** Made by who opened it. */
  key: string;
  participant: string;
  name: string;
  question: string;
  options: PollOption[];
  multiple: boolean;
  /** The votes stay hidden until it is closed, except from who opened it. */
  secret: boolean;
  open: boolean;
  /** No option tells its votes. */
  hidden: boolean;
  voters: number;
  /** This participant's vote: places in `options`. */
  own: number[];
  openedAt: string;
}

export type PollFromRelay =
  /** New or changed; after room.state one for each. */
  { type: 'poll.updated'; poll: Poll } | { type: 'poll.deleted'; id: string };

export type PollToRelay =
  | {
      type: 'poll.open';
      key: string;
      question: string;
      options: string[];
      multiple: boolean;
      secret: boolean;
    }
  /** Replaces the earlier vote; no options take it back. */
  | { type: 'poll.vote'; poll: string; options: number[] }
  | { type: 'poll.close' | 'poll.delete'; poll: string };

export function poll(value: unknown): Poll {
  const from = fields(value, 'poll');
  return {
    id: named(from, 'id'),
    key: optionalText(from, 'key'),
    participant: named(from, 'participant'),
    name: text(from, 'name'),
    question: text(from, 'question'),
    options: list(from, 'options', option),
    multiple: flag(from, 'multiple'),
    secret: flag(from, 'secret'),
    open: flag(from, 'open'),
    hidden: flag(from, 'hidden'),
    voters: count(from, 'voters'),
    own: list(from, 'own', whole),
    openedAt: text(from, 'openedAt'),
  };
}

function option(value: unknown): PollOption {
  const from = fields(value, 'option');
  return { text: text(from, 'text'), votes: count(from, 'votes') };
}
