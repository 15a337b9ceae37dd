import './chat.css';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ChatMessage } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useTalkText, type TalkText } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Menu, type MenuItem } from '../../../ui/menu.tsx';
import { EmptyState } from '../../../ui/surface.tsx';
import { useToasts } from '../../../ui/toasts.tsx';
import { Composer } from './composer.tsx';
import { Message, type Reader } from './message.tsx';
import { Sending } from './outgoing.tsx';
import { usePlace } from './place.ts';
import { useChatFile } from './keep.tsx';
import { copyText, localTime } from './save.ts';
import { filters, type Filter, type Talk } from './talk.ts';

export interface TalkProps {
  work: Work;
  talk: Talk;
}

/** What was written, and a place to write. */
export function Chat({ work, talk }: TalkProps): JSX.Element {
  const { chat } = work;
  const text = useTalkText();
  const { t } = text;
  const list = useRef<HTMLDivElement>(null);
  const reader = useReader(work, text);
  const filter = talk.filter.value;
  const messages = chat.messages.value.filter((message) => passes(message, filter));
  const letters = chat.outgoing.value.filter((letter) => passes(letter, filter));
  const shown = talk.tab.value === 'chat';
  const place = usePlace(list, messages.length, letters.length, shown);
  const stuck = place.stuck.value;
  useReadMark(work, shown && stuck && filter === 'all');
  const actions = useActions(work, talk, text);
  const connected = work.attendance.control.state.value.phase === 'open';
  return (
    <div class="chat">
      <ChatHead work={work} talk={talk} text={text} />
      {/* Read out by the line that does not flood (notices.tsx), not message by message. */}
      <div
        ref={list}
        class="log"
        role="log"
        aria-live="off"
        aria-label={t('chat.log')}
        tabIndex={0}
        data-testid="chat-log"
        onScroll={place.look}
      >
        {messages.length + letters.length === 0 && <Nothing filter={filter} text={text} />}
        <ol class="messages">
          {messages.map((message) => (
            <Message
              key={message.id}
              message={message}
              original={message.replyTo === '' ? null : chat.find(message.replyTo)}
              removing={chat.removing(message.id)}
              reader={reader}
              actions={actions}
              onReply={(original) => talk.reply(original, reader.self)}
              onJump={(id) => jump(talk, id)}
            />
          ))}
          {letters.map((letter) => (
            <Sending
              key={letter.key}
              letter={letter}
              chat={chat}
              talk={talk}
              connected={connected}
              t={t}
            />
          ))}
        </ol>
      </div>
      {!stuck && chat.unread.value > 0 && (
        <div class="latest">
          <Button testid="chat-latest" icon="down" look="primary" onClick={place.follow}>
            {t('chat.latest')}
          </Button>
        </div>
      )}
      <Composer work={work} talk={talk} t={t} />
    </div>
  );
}

interface ChatHeadProps extends TalkProps {
  text: TalkText;
}

/** Which messages are shown, and the way to keep them. */
function ChatHead({ work, talk, text }: ChatHeadProps): JSX.Element {
  const { t } = text;
  const save = useChatFile(work);
  return (
    <div class="talk-head">
      <h2 class="unseen">{t('chat.title')}</h2>
      <div class="filters" role="group" aria-label={t('chat.filter')}>
        {filters.map((filter) => (
          <button
            key={filter}
            type="button"
            class="filter"
            aria-pressed={talk.filter.value === filter}
            data-testid={`chat-filter-${filter}`}
            onClick={() => (talk.filter.value = filter)}
          >
            {t(`chat.filter.${filter}`)}
          </button>
        ))}
      </div>
      <Menu
        label={t('chat.file')}
        icon="download"
        testid="chat-file"
        items={[
          { id: 'text', label: t('chat.export.text'), onSelect: () => save('txt') },
          { id: 'csv', label: t('chat.export.csv'), onSelect: () => save('csv') },
        ]}
      />
    </div>
  );
}

function Nothing({ filter, text }: { filter: Filter; text: TalkText }): JSX.Element {
  const title = text.t(filter === 'all' ? 'chat.none' : `chat.none.${filter}`);
  return <EmptyState icon="chat" title={title} testid="chat-none" />;
}

function passes({ question, to }: Pick<ChatMessage, 'question' | 'to'>, filter: Filter): boolean {
  if (filter === 'questions') return question;
  return filter === 'all' || to !== '';
}

function useReader({ people }: Work, { t, language }: TalkText): Reader {
  const self = people.self.value?.id ?? '';
  return useMemo(() => {
    const format = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
    const time = (iso: string): string =>
      Number.isNaN(Date.parse(iso)) ? localTime(iso) : format.format(new Date(iso));
    return { self, t, time };
    // The texts change with the language alone.
  }, [self, language]);
}

/** What the menu of a message offers, by rights. */
function useActions(work: Work, talk: Talk, { t }: TalkText) {
  const toasts = useToasts();
  const { chat, people } = work;
  return (message: ChatMessage): readonly MenuItem[] => {
    const { id, participant, to, question, answered } = message;
    const self = people.self.peek()?.id ?? '';
    const own = participant === self;
    const items: MenuItem[] = [
      {
        id: 'copy',
        label: t('message.copy'),
        icon: 'copy',
        onSelect: () =>
          void copyText(message.text).then((done) => {
            if (!done) toasts.say(t('people.copied.not'), 'refusal');
          }),
      },
    ];
    if (!own && to === '') {
      items.unshift({
        id: 'private',
        label: t('message.reply.private'),
        icon: 'lock',
        onSelect: () => talk.reply(message, self, true),
      });
    }
    if (question && (own || people.presents.peek())) {
      items.push({
        id: 'answer',
        label: t(answered ? 'message.answer.not' : 'message.answer'),
        icon: 'check',
        onSelect: () => chat.answer(id, !answered),
      });
    }
    if (own || people.moderates.peek()) {
      items.push({
        id: 'delete',
        label: t('message.delete'),
        icon: 'trash',
        look: 'danger',
        apart: true,
        onSelect: () => chat.remove(id),
      });
    }
    return items;
  };
}

/** What is in sight has been read. */
function useReadMark({ chat }: Work, inSight: boolean): void {
  const unread = chat.unread.value;
  useEffect(() => {
    if (!inSight) return;
    const mark = (): void => {
      if (document.visibilityState === 'visible') chat.markRead();
    };
    mark();
    document.addEventListener('visibilitychange', mark);
    return () => document.removeEventListener('visibilitychange', mark);
  }, [inSight, unread, chat]);
}

/** Shows the message that was answered. */
function jump(talk: Talk, id: string): void {
  const go = (): void => {
    const found = document.getElementById(`message-${id}`);
    found?.scrollIntoView({ block: 'center' });
    found?.focus({ preventScroll: true });
  };
  if (document.getElementById(`message-${id}`) !== null) {
    go();
    return;
  }
  talk.filter.value = 'all';
  requestAnimationFrame(go);
}
