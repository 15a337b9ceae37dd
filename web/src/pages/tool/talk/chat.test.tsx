// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { self, someone } from '../../../session/testing/line.ts';
import { storage } from '../../../session/testing/storage.ts';
import type { ChatMessage } from '../../../session/wire.ts';
import { drawRoom, type DrawnRoom } from '../testing/room.tsx';
import { Chat } from './chat.tsx';
import { KeepChat } from './keep.tsx';
import { parts } from './links.tsx';
import { fileName } from './save.ts';

let room: DrawnRoom;

const written = (id: string, more: Partial<ChatMessage> = {}): ChatMessage => ({
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
});

beforeEach(async () => {
  room = await drawRoom((work, talk) => <Chat work={work} talk={talk} />);
  room.talk.tab.value = 'chat';
  room.line.allow('view', 'chat');
  room.line.join([someone(self), someone('ann', { name: 'Ann' }), someone('bob', { name: 'Bob' })]);
  await room.settle();
});
afterEach(() => {
  room.work.close();
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

async function hear(...messages: ChatMessage[]): Promise<void> {
  for (const message of messages) room.line.say({ type: 'chat.message', message });
  await room.settle();
}

async function key(name: string, more: object = {}): Promise<void> {
  const event = new KeyboardEvent('keydown', {
    key: name,
    bubbles: true,
    cancelable: true,
    ...more,
  });
  room.find('chat-entry').dispatchEvent(event);
  await room.settle();
}

describe('the log', () => {
  it('is a log, and shows text as text', async () => {
    await hear(written('a', { text: '<b>bold</b>\nand more', name: '<i>Eve</i>' }));
    const log = room.find('chat-log');
    expect(log.getAttribute('role')).toBe('log');
    expect(log.textContent).toContain('<b>bold</b>\nand more');
    expect(log.querySelector('b, i')).toBe(null);
    expect(room.find('message').textContent).toContain('(guest)');
    expect(room.find('message').querySelector('time')?.dateTime).toBe('2026-11-24T10:00:00Z');
  });

  it('makes safe links', async () => {
    await hear(written('a', { text: 'see https://example.com/a?b=1.' }));
    const link = room.find('message').querySelector('a');
    expect(link?.href).toBe('https://example.com/a?b=1');
    expect(link?.textContent).toBe('https://example.com/a?b=1');
    expect(link?.target).toBe('_blank');
    expect(link?.rel.split(' ')).toEqual(expect.arrayContaining(['noreferrer', 'noopener']));
  });

  it('says in words what is private, and a question', async () => {
    await hear(
      written('a', { to: self, toName: 'Me' }),
      written('b', { participant: self, to: 'ann', toName: 'Ann' }),
      written('c', { question: true, answered: true }),
    );
    const said = room.all('message').map(({ textContent }) => textContent ?? '');
    expect(said[0]).toContain('Private, to you');
    expect(said[1]).toContain('Private, to Ann');
    expect(said[2]).toContain('Question');
    expect(said[2]).toContain('Answered');
    await room.press('chat-filter-questions');
    expect(room.all('message').map(({ dataset }) => dataset['id'])).toEqual(['c']);
    await room.press('chat-filter-private');
    expect(room.all('message')).toHaveLength(2);
  });

  it('marks as read what is in sight', async () => {
    room.talk.tab.value = 'conference';
    await hear(written('a'));
    expect(room.work.chat.unread.value).toBe(1);
    room.talk.tab.value = 'chat';
    await room.settle();
    expect(room.work.chat.unread.value).toBe(0);
  });

  it('is left by scrolling, and not by what takes some of its height', async () => {
    await hear(written('a'));
    const log = room.find('chat-log');
    const sized = (height: number): void => {
      for (const [name, value] of Object.entries({ clientHeight: height, scrollHeight: 900 })) {
        Object.defineProperty(log, name, { value, configurable: true });
      }
    };
    const scrolled = async (top: number): Promise<void> => {
      log.scrollTop = top;
      log.dispatchEvent(new Event('scroll'));
      await room.settle();
    };
    sized(300);
    await scrolled(600);
    sized(200); // a line below the log takes its place before the log is at its end again
    await scrolled(600);
    await hear(written('b'));
    expect(room.work.chat.unread.value).toBe(0);
    await scrolled(100);
    await hear(written('c'));
    expect(room.work.chat.unread.value).toBe(1);
    await scrolled(700);
    expect(room.work.chat.unread.value).toBe(0);
  });

  it('quotes what is answered, and leads there', async () => {
    await hear(written('a'), written('b', { replyTo: 'a' }), written('c', { replyTo: 'gone' }));
    expect(room.find('quote').textContent).toContain('text of a');
    await room.press('quote');
    expect(document.activeElement?.id).toBe('message-a');
    expect(room.all('message')[2]?.textContent).toContain('not there any more');
  });
});

describe('writing', () => {
  it('sends with Enter, and begins a new line with Shift and Enter', async () => {
    await room.type('chat-entry', 'hello');
    await key('Enter', { shiftKey: true });
    expect(room.line.of('chat.send')).toEqual([]);
    await key('Enter', { isComposing: true });
    expect(room.line.of('chat.send')).toEqual([]);
    await key('Enter');
    expect(room.line.of('chat.send')).toMatchObject([
      { text: 'hello', to: '', replyTo: '', question: false },
    ]);
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('');
    expect(room.find('outgoing').textContent).toContain('Sending');
  });

  it('does not send with Enter where one types on glass', async () => {
    vi.spyOn(window, 'matchMedia').mockReturnValue({ matches: true } as MediaQueryList);
    await room.type('chat-entry', 'hello');
    await key('Enter');
    expect(room.line.of('chat.send')).toEqual([]);
    await room.press('chat-send');
    expect(room.line.of('chat.send')).toHaveLength(1);
  });

  it('sends nothing empty and nothing too long, and counts near the limit', async () => {
    await room.type('chat-entry', '  \n ');
    await room.press('chat-send');
    await room.type('chat-entry', 'é'.repeat(1900));
    expect(room.root.querySelector('#chat-left')?.textContent).toBe('Characters left: 100');
    await room.type('chat-entry', '😀'.repeat(2001));
    expect(room.root.querySelector('#chat-left')?.textContent).toBe('Characters too many: 1');
    await room.press('chat-send');
    expect(room.line.of('chat.send')).toEqual([]);
  });

  it('keeps a draft for each person', async () => {
    await room.type('chat-entry', 'for all');
    room.talk.write('ann');
    await room.settle();
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('');
    await room.type('chat-entry', 'for Ann');
    room.talk.write('');
    await room.settle();
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('for all');
  });

  it('answers in the same privacy', async () => {
    await hear(written('a'), written('b', { to: self }));
    await room.press('reply', 0);
    expect(room.find('answering').textContent).toContain('text of a');
    await room.type('chat-entry', 'to all');
    await key('Enter');
    await room.press('reply', 1);
    await room.type('chat-entry', 'to Ann');
    await key('Enter');
    expect(room.line.of('chat.send')).toMatchObject([
      { text: 'to all', to: '', replyTo: 'a' },
      { text: 'to Ann', to: 'ann', replyTo: 'b' },
    ]);
  });

  it('asks a question to all', async () => {
    await room.press('chat-question');
    await room.type('chat-entry', 'why?');
    await key('Enter');
    expect(room.line.of('chat.send')).toMatchObject([{ text: 'why?', question: true, to: '' }]);
    expect(room.find('chat-question').getAttribute('aria-pressed')).toBe('false');
  });

  it('does not send to who has left', async () => {
    room.talk.write('bob');
    await room.type('chat-entry', 'hello');
    room.line.say({ type: 'participant.left', id: 'bob' });
    await room.settle();
    expect(room.root.querySelector('[role="alert"]')).not.toBe(null);
    await key('Enter');
    expect(room.line.of('chat.send')).toEqual([]);
  });

  it('says why a message was refused; it can be sent again or changed', async () => {
    await room.type('chat-entry', 'hello');
    await key('Enter');
    const { key: sent = '' } = room.line.of('chat.send')[0] ?? {};
    room.line.say({ type: 'error', code: 'forbidden', detail: '', re: 'chat.send', key: sent });
    await room.settle();
    expect(room.find('outgoing').dataset['failed']).toBe('forbidden');
    await room.press('retry');
    expect(room.line.of('chat.send')).toHaveLength(2);
    room.line.say({ type: 'error', code: 'forbidden', detail: '', re: 'chat.send', key: sent });
    await room.settle();
    await room.press('edit');
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('hello');
    expect(room.all('outgoing')).toEqual([]);
  });

  it('says that a message waits for the connection', async () => {
    room.line.cut();
    await room.type('chat-entry', 'hello');
    await key('Enter');
    expect(room.find('outgoing').textContent).toContain('when the connection is back');
  });

  it('has after a reload what was typed, to whom it was', async () => {
    const kept = storage();
    const reload = async (): Promise<void> => {
      room.work.close();
      room = await drawRoom(
        (work, talk) => <Chat work={work} talk={talk} />,
        'en',
        undefined,
        kept,
      );
      room.line.allow('view', 'chat');
      room.line.join([someone(self), someone('ann', { name: 'Ann' })]);
      await room.settle();
    };
    await reload();
    room.talk.write('ann');
    await room.settle();
    await room.type('chat-entry', 'for Ann');
    await reload();
    expect(room.find<HTMLSelectElement>('chat-to').value).toBe('ann');
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('for Ann');
  });

  it('explains why one may not write, and keeps the draft', async () => {
    await room.type('chat-entry', 'hello');
    room.line.say({ type: 'room.updated', locked: false, muted: true });
    await room.settle();
    expect(room.find('chat-muted').textContent).toContain('for everybody');
    await key('Enter');
    expect(room.line.of('chat.send')).toEqual([]);
    expect(room.find<HTMLTextAreaElement>('chat-entry').value).toBe('hello');
    room.line.allow('view');
    await room.settle();
    expect(room.all('chat-entry')).toEqual([]);
  });
});

describe('the menu of a message', () => {
  it('deletes what is one’s own, and only that', async () => {
    await hear(written('a'), written('b', { participant: self }));
    await room.press('message-menu', 0);
    expect(room.all('message-menu-delete')).toEqual([]);
    await room.press('message-menu', 1);
    room.all('message-menu')[1]?.focus();
    await room.press('message-menu-delete');
    expect(room.line.of('chat.delete')).toEqual([{ type: 'chat.delete', id: 'b' }]);
    expect(room.all('message')[1]?.textContent).toContain('Deleting');
    // The menu is gone; the keyboard is not lost.
    expect(document.activeElement).toBe(room.find('chat-log'));
  });

  it('lets organizers delete anything, and presenters mark answers', async () => {
    room.line.allow('view', 'chat', 'moderate');
    room.line.say({ type: 'participant.updated', participant: someone(self, { presents: true }) });
    await hear(written('a', { question: true }));
    await room.choose('message-menu', 'answer');
    expect(room.line.of('chat.answer')).toEqual([{ type: 'chat.answer', id: 'a', answered: true }]);
    await room.press('message-menu');
    await room.press('message-menu-delete');
    expect(room.line.of('chat.delete')).toHaveLength(1);
  });

  it('answers in private', async () => {
    await hear(written('a'));
    await room.choose('message-menu', 'private');
    expect(room.find<HTMLSelectElement>('chat-to').value).toBe('ann');
  });
});

it('saves the chat', async () => {
  const saved: Blob[] = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    saved.push(blob as Blob);
    return 'blob:x';
  });
  await hear(
    written('a', { text: '=1+1' }),
    written('b', { replyTo: 'a', text: 'two\nlines', participant: self, to: 'ann', toName: 'Ann' }),
  );
  await room.choose('chat-file', 'text');
  await room.choose('chat-file', 'csv');
  const [text = '', table = ''] = await Promise.all(saved.map((blob) => blob.text()));
  expect(text).toMatch(/\[2026-11-24 \d\d:00:00\] Ann \(guest\):\r\n {4}=1\+1/);
  expect(text).toContain('(guest, Private, to Ann):\r\n    > Ann: =1+1\r\n    two\r\n    lines');
  expect(table).toMatch(/Time,From,Role,To,Kind,Reply to,Text\r\n/);
  expect(table).toContain("Ann,guest,Everybody,,,'=1+1\r\n");
  expect(table).toContain('Ann,guest,Ann,,Ann,"two\nlines"\r\n');
  expect(fileName('Neptune: <1/2>', 'chat', 'csv', new Date(2026, 10, 4))).toBe(
    'Neptune 1 2 - chat - 2026-11-04.csv',
  );
});

it.each([
  ['no link', []],
  ['http://a.example', ['http://a.example']],
  ['(see https://a.example/x_(y))', ['https://a.example/x_(y)']],
  ['https://a.example/, https://b.example!', ['https://a.example/', 'https://b.example']],
  ['javascript:alert(1) data:text/html,x ftp://a.example', []],
  ['https://bank.example@evil.example', []],
  ['https://', []],
  ['«https://a.example»', ['https://a.example']],
])('finds the links in %j', (text, links) => {
  const found = parts(text);
  expect(found.filter(({ href }) => href !== '').map((part) => part.text)).toEqual(links);
  expect(found.map((part) => part.text).join('')).toBe(text);
});

it('keeps the chat when the conference is over, and says what was not sent', async () => {
  const kept = await drawRoom((work) => <KeepChat work={work} />);
  expect(kept.all('keep-chat')).toEqual([]);
  kept.line.join();
  kept.line.say({ type: 'chat.message', message: written('a') });
  kept.line.cut();
  kept.work.chat.send({ text: 'too late', to: '', replyTo: '', question: false });
  await kept.settle();
  expect(kept.find('unsent').textContent).toBe('too late');
  const saved = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x');
  await kept.press('keep-text');
  await kept.press('keep-csv');
  expect(saved).toHaveBeenCalledTimes(2);
  kept.work.close();
});
