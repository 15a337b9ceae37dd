import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Chat } from './chat.ts';
import { TalkMemory } from './talkmemory.ts';
import { ScriptedLine, self, someone } from './testing/line.ts';
import { storage } from './testing/storage.ts';
import { systemTimers } from './timers.ts';
import type { ChatMessage } from './wire.ts';

let line: ScriptedLine;
let chat: Chat;
let number = 0;
let kept: Storage;

beforeEach(() => {
  vi.useFakeTimers();
  line = new ScriptedLine();
  kept = storage();
  chat = opened();
});
afterEach(() => {
  chat.close();
  vi.useRealTimers();
});

/** The chat of a page that was just loaded. */
const opened = () =>
  new Chat(line, {
    timers: systemTimers,
    random: () => ((number += 7) % 64) / 64,
    memory: new TalkMemory(kept),
  });
const letter = (text: string) => ({ text, to: '', replyTo: '', question: false });

function written(id: string, more: Partial<ChatMessage> = {}): ChatMessage {
  return {
    id,
    key: `key-${id}`,
    participant: 'ann',
    name: 'Ann',
    role: 'guest',
    to: '',
    toName: '',
    text: `text of ${id}`,
    replyTo: '',
    question: false,
    answered: false,
    sentAt: '2026-11-24T10:00:00Z',
    ...more,
  };
}

const texts = () => chat.messages.value.map(({ text }) => text);
/** The relay takes the number-th message that was sent. */
function take(sent: number, id = `m${sent}`): void {
  const { key, text } = line.of('chat.send')[sent] ?? { key: '', text: '' };
  line.say({ type: 'chat.message', message: written(id, { key, text, participant: self }) });
}

describe('reading', () => {
  it('keeps messages in order, changes and deletes them', () => {
    line.join();
    line.say({ type: 'chat.history', messages: [written('a'), written('b')] });
    line.say({ type: 'chat.message', message: written('c', { question: true }) });
    line.say({ type: 'chat.updated', message: written('c', { question: true, answered: true }) });
    line.say({ type: 'chat.deleted', id: 'a' });
    expect(texts()).toEqual(['text of b', 'text of c']);
    expect(chat.find('c')?.answered).toBe(true);
  });

  it('shows what it has until the relay has told everything anew', () => {
    line.join();
    line.say({ type: 'chat.history', messages: [written('a'), written('b')] });
    line.cut();
    line.join();
    expect(texts()).toEqual(['text of a', 'text of b']);
    line.say({ type: 'chat.history', messages: [written('b')] });
    line.say({ type: 'chat.history', messages: [written('c')] });
    expect(texts()).toEqual(['text of a', 'text of b']);
    vi.advanceTimersByTime(250);
    expect(texts()).toEqual(['text of b', 'text of c']);
  });

  it('waits for a history that comes in pieces, but not for ever', () => {
    line.join();
    line.say({ type: 'chat.message', message: written('old') });
    line.join();
    for (let piece = 0; piece < 20; piece++) {
      line.say({ type: 'chat.history', messages: [written(`p${piece}`)] });
      vi.advanceTimersByTime(200);
      expect(texts()[0]).toBe(piece < 14 ? 'text of old' : 'text of p0');
    }
    expect(texts()).toHaveLength(20);
  });

  it('forgets everything when a new relay knows nothing', () => {
    line.join();
    line.say({ type: 'chat.message', message: written('a') });
    line.join([], { instance: 'r2' });
    vi.advanceTimersByTime(250);
    expect(texts()).toEqual([]);
  });

  it('counts what others wrote since one looked, across a reconnection too', () => {
    line.join();
    line.say({ type: 'chat.message', message: written('a') });
    line.say({ type: 'chat.message', message: written('b', { participant: self }) });
    expect(chat.unread.value).toBe(1);
    chat.markRead();
    expect(chat.unread.value).toBe(0);
    line.join();
    const all = [written('a'), written('b', { participant: self }), written('c')];
    line.say({ type: 'chat.history', messages: all });
    vi.advanceTimersByTime(250);
    expect(chat.unread.value).toBe(1);
  });
});

describe('writing', () => {
  it('shows a message as being sent until the relay has it', () => {
    line.join();
    chat.send(letter('hello'));
    expect(line.sent).toEqual([
      { type: 'chat.send', key: expect.stringMatching(/^[\w-]{22}$/), ...letter('hello') },
    ]);
    expect(chat.outgoing.value.map(({ text, failed }) => [text, failed])).toEqual([['hello', '']]);
    take(0);
    expect(chat.outgoing.value).toEqual([]);
    expect(texts()).toEqual(['hello']);
  });

  it('sends again with the same key what a cut may have swallowed, and only that', () => {
    line.join();
    chat.send(letter('one'));
    chat.send(letter('two'));
    take(0);
    line.cut();
    chat.send(letter('three'));
    expect(line.of('chat.send')).toHaveLength(2);
    line.join();
    const sent = line.of('chat.send');
    expect(sent.map(({ text }) => text)).toEqual(['one', 'two', 'two', 'three']);
    expect(sent[2]?.key).toBe(sent[1]?.key);
    line.say({ type: 'chat.history', messages: chat.messages.value });
    take(2);
    take(3);
    vi.advanceTimersByTime(250);
    expect(texts()).toEqual(['one', 'two', 'three']);
    expect(chat.outgoing.value).toEqual([]);
  });

  it('does not send again what the history already has', () => {
    line.join();
    chat.send(letter('one'));
    const { key = '' } = line.of('chat.send')[0] ?? {};
    line.cut();
    line.join();
    const found = written('m1', { participant: self, key, text: 'one' });
    line.say({ type: 'chat.history', messages: [found] });
    expect(chat.outgoing.value).toEqual([]);
    expect(texts()).toEqual(['one']);
  });

  it('is not faster than the relay takes it, and keeps the order', () => {
    line.join();
    for (let count = 1; count <= 7; count++) chat.send(letter(String(count)));
    expect(line.of('chat.send')).toHaveLength(4);
    vi.advanceTimersByTime(3400);
    expect(
      line
        .of('chat.send')
        .map(({ text }) => text)
        .join(''),
    ).toBe('1234567');
  });

  it('waits when the relay says that it is too much', () => {
    line.join();
    chat.send(letter('one'));
    const { key = '' } = line.of('chat.send')[0] ?? {};
    line.say({ type: 'error', code: 'rate-limited', detail: '', re: 'chat.send', key });
    expect(chat.outgoing.value[0]?.failed).toBe('');
    expect(line.of('chat.send')).toHaveLength(1);
    vi.advanceTimersByTime(1200);
    expect(line.of('chat.send')).toHaveLength(2);
  });

  it('says why a message was refused, and sends it again when asked', () => {
    line.join();
    chat.send(letter('one'));
    const { key = '' } = line.of('chat.send')[0] ?? {};
    line.say({ type: 'error', code: 'forbidden', detail: '', re: 'chat.send', key });
    expect(chat.outgoing.value.map(({ failed }) => failed)).toEqual(['forbidden']);
    line.join();
    expect(line.of('chat.send')).toHaveLength(1);
    chat.retry(key);
    expect(line.of('chat.send')[1]?.key).toBe(key);
    chat.discard(key);
    expect(chat.outgoing.value).toEqual([]);
  });

  it('gives a message up that an open channel does not confirm', () => {
    line.join();
    chat.send(letter('one'));
    vi.advanceTimersByTime(11_500);
    expect(chat.outgoing.value[0]?.failed).toBe('timeout');
  });

  it('keeps a draft for each person', () => {
    chat.keepDraft('', 'to all');
    chat.keepDraft('ann', 'to Ann');
    chat.keepDraft('', '');
    expect([chat.draft(''), chat.draft('ann')]).toEqual(['', 'to Ann']);
  });
});

describe('asking the relay', () => {
  beforeEach(() => {
    line.join();
    line.say({ type: 'chat.history', messages: [written('a', { question: true }), written('b')] });
  });

  it('deletes across a cut', () => {
    line.cut();
    chat.remove('b');
    expect(chat.removing('b')).toBe(true);
    line.join();
    expect(line.sent).toEqual([{ type: 'chat.delete', id: 'b' }]);
    line.say({ type: 'chat.history', messages: [written('a'), written('b')] });
    vi.advanceTimersByTime(250);
    line.say({ type: 'chat.deleted', id: 'b' });
    expect(chat.removing('b')).toBe(false);
    line.join();
    expect(line.sent).toHaveLength(1);
  });

  it('marks a question answered', () => {
    chat.answer('a', true);
    expect(line.sent).toEqual([{ type: 'chat.answer', id: 'a', answered: true }]);
    line.say({ type: 'chat.updated', message: written('a', { question: true, answered: true }) });
    line.join();
    expect(line.sent).toHaveLength(1);
  });

  it('tells of a refusal, but not that a deleted message is gone already', () => {
    chat.remove('a');
    line.say({ type: 'error', code: 'forbidden', detail: '', re: 'chat.delete', key: '' });
    expect(chat.requests.refused.value).toEqual({ re: 'chat.delete', code: 'forbidden' });
    chat.remove('b');
    expect(chat.requests.refused.value).toBe(null);
    line.say({ type: 'error', code: 'not-found', detail: '', re: 'chat.delete', key: '' });
    expect(chat.requests.refused.value).toBe(null);
    expect(chat.removing('b')).toBe(false);
  });
});

describe('after a reload', () => {
  const messages = [written('a'), written('b', { to: self })];
  const reload = (...who: Parameters<ScriptedLine['join']>): void => {
    chat.close();
    line = new ScriptedLine();
    chat = opened();
    line.join(...who);
    line.say({ type: 'chat.history', messages: [...messages, written('c')] });
  };
  beforeEach(() => {
    line.join();
    line.say({ type: 'chat.history', messages });
    chat.markRead();
    chat.keepDraft('ann', 'for Ann');
    chat.keepDraft('', 'for all');
    chat.keepDraft('ann', 'for Ann alone');
  });

  it('finds what was typed, and has read what was read', () => {
    expect(chat.resumed.value).toBe(null);
    reload();
    expect([chat.draft('ann'), chat.draft('')]).toEqual(['for Ann alone', 'for all']);
    expect(chat.resumed.value).toBe('ann');
    expect(chat.unread.value).toBe(1);
    // A reconnection is none: what was sent meanwhile does not come back.
    chat.keepDraft('ann', '');
    line.join();
    expect(chat.draft('ann')).toBe('');
    reload();
    expect([chat.draft('ann'), chat.resumed.value]).toEqual(['', '']);
  });

  it('finds nothing of another person or conference', () => {
    reload([someone(self, { name: 'Somebody else' })]);
    expect([chat.draft(''), chat.unread.value]).toEqual(['', 3]);
    reload();
    expect(chat.draft('')).toBe('');
    chat.keepDraft('', 'again');
    reload([someone(self)], { conference: 'another' });
    expect(chat.draft('')).toBe('');
  });

  it('does without what cannot be read or kept', () => {
    for (const broken of ['{', '{"conference":"c"}', '[]']) {
      kept.setItem('coopnet.talk', broken);
      reload();
      expect([chat.draft(''), chat.unread.value]).toEqual(['', 3]);
    }
    kept.setItem = () => {
      throw new Error('full');
    };
    chat.keepDraft('', 'only here');
    expect(chat.draft('')).toBe('only here');
  });
});
