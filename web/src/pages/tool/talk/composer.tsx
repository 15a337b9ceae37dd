import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { maxMessage } from '../../../session/chat.ts';
import type { ChatMessage } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { nameOf, Recipient } from './recipient.tsx';
import type { Talk } from './talk.ts';

/** From here on the characters are counted in sight. */
const near = 200;

export interface ComposerProps {
  work: Work;
  talk: Talk;
  t: TalkTranslate;
}

/** Where a message is written: to whom, what it answers, whether it is a question. */
export function Composer({ work, talk, t }: ComposerProps): JSX.Element {
  const { chat, people } = work;
  const entry = useRef<HTMLTextAreaElement>(null);
  const to = talk.to.value;
  const text = chat.draft(to);
  const may = people.mayChat.value;
  const participants = work.attendance.control.room.value?.participants ?? [];
  const partner = participants.find(({ id }) => id === to);
  const left = maxMessage - [...text].length;
  const gone = to !== '' && partner === undefined;
  const ready = may === 'yes' && !gone && left >= 0 && text.trim() !== '';
  useFocus(entry, talk);
  useResumed(work, talk);
  useLayoutEffect(() => grow(entry.current), [text]);
  const send = (): void => {
    if (!ready) return;
    const replyTo = chat.find(talk.replyTo.peek()) === undefined ? '' : talk.replyTo.peek();
    chat.send({ text: text.trim(), to, replyTo, question: to === '' && talk.asking.peek() });
    chat.keepDraft(to, '');
    talk.replyTo.value = '';
    talk.asking.value = false;
    entry.current?.focus();
  };
  if (may === 'never') return <p class="composer-off">{t('write.never')}</p>;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {may !== 'yes' && (
        <p class="composer-off" role="status" data-testid="chat-muted">
          {t(`write.${may}`)}
        </p>
      )}
      <Answered original={chat.find(talk.replyTo.value)} talk={talk} t={t} />
      <Recipient
        participants={participants}
        self={people.self.value?.id ?? ''}
        work={work}
        talk={talk}
        t={t}
      />
      {gone && (
        <p class="field-error" role="alert">
          {t('write.gone', { name: nameOf(work, to) })}
        </p>
      )}
      <label class="unseen" for="chat-entry">
        {label(talk, partner?.name ?? '', t)}
      </label>
      <textarea
        id="chat-entry"
        ref={entry}
        rows={2}
        title={touch() ? undefined : t('write.hint')}
        value={text}
        placeholder={label(talk, partner?.name ?? '', t)}
        data-testid="chat-entry"
        aria-describedby="chat-hint chat-left"
        aria-invalid={left < 0}
        enterkeyhint={touch() ? 'enter' : 'send'}
        onInput={(event) => chat.keepDraft(to, event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing || touch()) return;
          event.preventDefault();
          send();
        }}
      />
      <p class={left < 0 ? 'field-error' : 'small'} id="chat-left" role="status">
        {left < 0
          ? t('write.over.count', { count: -left })
          : left <= near && t('write.left.count', { count: left })}
      </p>
      <div class="composer-tools">
        {to === '' && (
          <Button
            testid="chat-question"
            icon="question"
            pressed={talk.asking.value}
            onClick={() => (talk.asking.value = !talk.asking.value)}
          >
            {t('write.question')}
          </Button>
        )}
        <p class="small unseen" id="chat-hint">
          {to !== '' && partner !== undefined && t('write.private', { name: partner.name })}{' '}
          {!touch() && t('write.hint')}
        </p>
        <Button type="submit" look="primary" icon="send" testid="chat-send">
          {t('write.send')}
        </Button>
      </div>
    </form>
  );
}

interface AnsweredProps {
  original: ChatMessage | undefined;
  talk: Talk;
  t: TalkTranslate;
}

/** What the message will answer. */
function Answered({ original, talk, t }: AnsweredProps): JSX.Element | null {
  if (original === undefined) return null;
  return (
    <div class="answering" data-testid="answering">
      <div class="answering-what">
        <p>{t('write.reply', { name: original.name })}</p>
        <p class="quote-text">
          <bdi>{original.text.slice(0, 160)}</bdi>
        </p>
      </div>
      <button
        type="button"
        class="button quiet only-icon"
        aria-label={t('write.reply.cancel')}
        title={t('write.reply.cancel')}
        onClick={() => (talk.replyTo.value = '')}
      >
        <Icon name="cross" />
      </button>
    </div>
  );
}

function label(talk: Talk, name: string, t: TalkTranslate): string {
  if (talk.to.value !== '') return t('write.label.private', { name });
  return t(talk.asking.value ? 'write.label.question' : 'write.label');
}

/** On a touch screen Enter begins a new line, as everywhere on it; a button sends. */
function touch(): boolean {
  return window.matchMedia('(pointer: coarse)').matches;
}

function useFocus(entry: { current: HTMLTextAreaElement | null }, talk: Talk): void {
  const wanted = talk.wanted.value;
  useEffect(() => {
    // After the tab is open: what is hidden takes no focus.
    if (wanted > 0) requestAnimationFrame(() => entry.current?.focus());
  }, [wanted, entry]);
}

/** What was typed to one person before the page was loaded anew is in sight again; it goes to nobody else. */
function useResumed({ chat, attendance }: Work, talk: Talk): void {
  const to = chat.resumed.value;
  useEffect(() => {
    const there = attendance.control.room.peek()?.participants.some(({ id }) => id === to);
    if (to !== null && there && talk.to.peek() === '') talk.to.value = to;
  }, [to, attendance, talk]);
}

/** As high as its text, within the style's limits. */
function grow(entry: HTMLTextAreaElement | null): void {
  if (entry === null) return;
  entry.style.height = 'auto';
  entry.style.height = `${entry.scrollHeight + 2}px`;
}
