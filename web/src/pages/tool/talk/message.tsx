import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { ChatMessage } from '../../../session/wire.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Icon } from '../../../ui/icons.tsx';
import type { MenuItem } from '../../../ui/menu.tsx';
import { Badge } from '../../../ui/surface.tsx';
import { Linked } from './links.tsx';
import { RowMenu } from './rowmenu.tsx';

export interface Reader {
  self: string;
  t: TalkTranslate;
  time(iso: string): string;
}

export interface MessageProps {
  message: ChatMessage;
  /** What it answers: null when it answers nothing, undefined when that is gone. */
  original: ChatMessage | null | undefined;
  removing: boolean;
  reader: Reader;
  /** What this person may do with it, beside answering it. */
  actions(message: ChatMessage): readonly MenuItem[];
  onReply(message: ChatMessage): void;
  onJump(id: string): void;
}

/** Drawn again only when it says something else: there may be hundreds. */
export function Message(props: MessageProps): JSX.Element {
  const { message, original, removing, reader } = props;
  return useMemo(() => <Line {...props} />, [message, original, removing, reader]);
}

function Line(props: MessageProps): JSX.Element {
  const { message, removing, reader } = props;
  const { id, participant, name, text } = message;
  const { self, t, time } = reader;
  const own = participant === self;
  return (
    <li
      id={`message-${id}`}
      class={`message${own ? ' own' : ''}${message.to === '' ? '' : ' private'}`}
      tabIndex={-1}
      data-testid="message"
      data-id={id}
      data-private={message.to !== ''}
      data-answered={message.answered}
    >
      <p class="message-head">
        <strong>{own ? t('message.you') : <bdi>{name}</bdi>}</strong>
        {message.role === 'guest' && !own && <span class="marks">({t('message.guest')})</span>}
        <time dateTime={message.sentAt}>{time(message.sentAt)}</time>
      </p>
      <Marks message={message} self={self} t={t} />
      {props.original !== null && <Quote original={props.original} t={t} onJump={props.onJump} />}
      <p class="message-text" data-testid="message-text">
        <Linked text={text} />
      </p>
      {removing ? (
        <p class="small">{t('message.deleting')}</p>
      ) : (
        <div class="message-tools">
          <button
            type="button"
            class="button quiet only-icon"
            data-testid="reply"
            aria-label={t('message.reply', { name })}
            title={t('message.reply', { name })}
            onClick={() => props.onReply(message)}
          >
            <Icon name="reply" />
          </button>
          <RowMenu
            label={t('message.actions', { name })}
            testid="message-menu"
            items={() => props.actions(message)}
          />
        </div>
      )}
    </li>
  );
}

interface MarksProps {
  message: ChatMessage;
  self: string;
  t: TalkTranslate;
}

/** Whether it is private or a question: said in words, not by colour. */
function Marks({ message, self, t }: MarksProps): JSX.Element | null {
  const { to, toName, question, answered } = message;
  if (to === '' && !question) return null;
  return (
    <p class="message-marks">
      {to !== '' && (
        <Badge look="notice">
          {to === self ? t('message.private.you') : t('message.private.to', { name: toName })}
        </Badge>
      )}
      {question && <Badge look="accent">{t('message.question')}</Badge>}
      {question && answered && <Badge look="good">{t('message.answered')}</Badge>}
    </p>
  );
}

interface QuoteProps {
  original: ChatMessage | undefined;
  t: TalkTranslate;
  onJump(id: string): void;
}

function Quote({ original, t, onJump }: QuoteProps): JSX.Element {
  if (original === undefined) return <p class="quote gone">{t('message.quote.gone')}</p>;
  return (
    <button
      type="button"
      class="quote"
      data-testid="quote"
      title={t('message.quote', { name: original.name })}
      onClick={() => onJump(original.id)}
    >
      <span class="unseen">{t('message.quote', { name: original.name })}: </span>
      <strong aria-hidden="true">
        <bdi>{original.name}</bdi>
      </strong>
      <bdi class="quote-text">{original.text.slice(0, 160)}</bdi>
    </button>
  );
}
