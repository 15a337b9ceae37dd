import type { JSX } from 'preact';
import type { Chat } from '../../../session/chat.ts';
import type { Outgoing } from '../../../session/outbox.ts';
import type { TalkKey } from '../../../text/talk/en.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';
import type { Talk } from './talk.ts';

export interface SendingProps {
  letter: Outgoing;
  chat: Chat;
  talk: Talk;
  /** The control channel is there. */
  connected: boolean;
  t: TalkTranslate;
}

const reasons: Readonly<Partial<Record<string, TalkKey>>> = {
  forbidden: 'message.failed.forbidden',
  'not-found': 'message.failed.not-found',
  invalid: 'message.failed.invalid',
  'rate-limited': 'message.failed.rate-limited',
};

/** A message that the relay does not have yet, or did not take. */
export function Sending({ letter, chat, talk, connected, t }: SendingProps): JSX.Element {
  const { key, text, failed } = letter;
  const onEdit = (): void => {
    chat.discard(key);
    talk.write(letter.to);
    talk.replyTo.value = letter.replyTo;
    talk.asking.value = letter.question;
    const begun = chat.draft(letter.to);
    chat.keepDraft(letter.to, begun === '' ? text : `${text}\n${begun}`);
  };
  return (
    <li
      class={`message own ${failed === '' ? 'sending' : 'failed'}`}
      data-testid="outgoing"
      data-failed={failed}
    >
      <p class="message-text">
        <bdi class="words">{text}</bdi>
      </p>
      {failed === '' ? (
        <p class="small">{t(connected ? 'message.sending' : 'message.waiting')}</p>
      ) : (
        <>
          <p class="message-failed" role="alert">
            <Icon name="alert" />
            {t(reasons[failed] ?? 'message.failed')}
          </p>
          <div class="message-buttons">
            <Button testid="retry" onClick={() => chat.retry(key)}>
              {t('message.retry')}
            </Button>
            <Button testid="edit" look="quiet" onClick={onEdit}>
              {t('message.edit')}
            </Button>
            <Button testid="discard" look="quiet" onClick={() => chat.discard(key)}>
              {t('message.discard')}
            </Button>
          </div>
        </>
      )}
    </li>
  );
}
