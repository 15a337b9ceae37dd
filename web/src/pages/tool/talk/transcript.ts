import { csv } from '../../../session/csv.ts';
import type { ChatMessage } from '../../../session/wire.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { localTime } from './save.ts';

/** The chat as a text that people read: time, name, what was said. */
export function asText(
  messages: readonly ChatMessage[],
  title: string,
  self: string,
  t: TalkTranslate,
): string {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const lines = messages.map((message) => {
    const marks = marksOf(message, self, t);
    const original = byId.get(message.replyTo);
    const quote = original ? `> ${original.name}: ${firstLine(original.text)}\n` : '';
    const head = `[${localTime(message.sentAt)}] ${message.name}${marks ? ` (${marks})` : ''}:`;
    return indented(`${head}\n${quote}${message.text}`);
  });
  return `\uFEFF${title}\r\n\r\n${lines.join('\n\n').replaceAll('\n', '\r\n')}\r\n`;
}

/** The chat as a table. */
export function asTable(messages: readonly ChatMessage[], t: TalkTranslate): string {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const columns = ['time', 'from', 'role', 'to', 'kind', 'reply', 'text'] as const;
  const rows = messages.map((message) => [
    localTime(message.sentAt),
    message.name,
    t(`person.${message.role}`),
    message.to === '' ? t('write.all') : message.toName,
    kindOf(message, t),
    byId.get(message.replyTo)?.name ?? '',
    message.text,
  ]);
  return csv([columns.map((column) => t(`csv.${column}`)), ...rows]);
}

function marksOf(message: ChatMessage, self: string, t: TalkTranslate): string {
  const { role, to, toName } = message;
  const privately =
    to === self ? t('message.private.you') : t('message.private.to', { name: toName });
  return [role === 'guest' && t('message.guest'), to !== '' && privately, kindOf(message, t)]
    .filter(Boolean)
    .join(', ');
}

function kindOf({ question, answered }: ChatMessage, t: TalkTranslate): string {
  if (!question) return '';
  return answered ? `${t('message.question')}, ${t('message.answered')}` : t('message.question');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function indented(text: string): string {
  return text.replaceAll('\n', '\n    ');
}
