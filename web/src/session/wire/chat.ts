/** What people write to each other, on the control channel. */
import { fields, flag, list, named, oneOf, optionalText, text } from '../shape.ts';
import { roles, type Role } from './people.ts';

export interface ChatMessage {
  id: string;
  /** Made by the sender, who may send a message again under the same key. */
  key: string;
  participant: string;
  name: string;
  role: Role;
  /** The one participant who reads it besides the sender, or "" for everybody. */
  to: string;
  toName: string;
  text: string;
  /** A message's id, or "". */
  replyTo: string;
  /** To be answered by who presents. */
  question: boolean;
  answered: boolean;
  sentAt: string;
}

export type ChatFromRelay =
  | { type: 'chat.message' | 'chat.updated'; message: ChatMessage }
  | { type: 'chat.deleted'; id: string }
  /** After room.state, the oldest first; a long one comes in several. */
  | { type: 'chat.history'; messages: ChatMessage[] };

export type ChatToRelay =
  | {
      type: 'chat.send';
      key: string;
      text: string;
      to: string;
      replyTo: string;
      question: boolean;
    }
  | { type: 'chat.delete'; id: string }
  | { type: 'chat.answer'; id: string; answered: boolean };

export function chatMessage(value: unknown): ChatMessage {
  const from = fields(value, 'chat message');
  return {
    id: named(from, 'id'),
    key: optionalText(from, 'key'),
    participant: named(from, 'participant'),
    name: text(from, 'name'),
    role: oneOf(from, 'role', roles),
    to: optionalText(from, 'to'),
    toName: optionalText(from, 'toName'),
    text: text(from, 'text'),
    replyTo: optionalText(from, 'replyTo'),
    question: flag(from, 'question'),
    answered: flag(from, 'answered'),
    sentAt: text(from, 'sentAt'),
  };
}

export function chatHistory(value: unknown): ChatMessage[] {
  return list(fields(value, 'chat history'), 'messages', chatMessage);
}
