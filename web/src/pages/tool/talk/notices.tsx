import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import type { Notice } from '../../../session/notices.ts';
import type { Requests } from '../../../session/requests.ts';
import type { Work } from '../../../session/work.ts';
import { useTalkText, type TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { IconButton } from '../../../ui/iconbutton.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { useToasts } from '../../../ui/toasts.tsx';
import type { TalkProps } from './chat.tsx';

/** What happens is read out here, whichever tab is open, in few sentences. */
export function Announcer({ work }: { work: Work }): JSX.Element {
  const { t } = useTalkText();
  return (
    <p class="unseen" role="status" data-testid="talk-said">
      {sentence(work.notices.said.value, t)}
    </p>
  );
}

/** One thing is said in full; of many, how many they are. */
export function sentence(said: readonly Notice[], t: TalkTranslate): string {
  const [only] = said;
  if (only !== undefined && said.length === 1) {
    return t(`said.${only.kind}`, { name: only.name, text: only.text.slice(0, 300) });
  }
  const written = said.filter(({ kind }) => !['hand', 'poll'].includes(kind));
  const hands = said.filter(({ kind }) => kind === 'hand').length;
  const polls = said.filter(({ kind }) => kind === 'poll').length;
  return [
    written.length > 0 &&
      t('said.messages', { count: written.length, name: written.at(-1)?.name ?? '' }),
    hands > 0 && t('said.hands', { count: hands }),
    polls > 0 && t('said.polls', { count: polls }),
  ]
    .filter(Boolean)
    .join(' ');
}

/** A poll is told to who looks at something else. */
export function PollHint({ work, talk }: TalkProps): JSX.Element | null {
  const { t } = useTalkText();
  const poll = work.polls.fresh.value.at(-1);
  if (poll === undefined || talk.tab.value === 'polls') return null;
  return (
    <div class="poll-hint" data-testid="poll-hint">
      <Icon name="poll" />
      <div class="poll-hint-what">
        <p class="small">{t('polls.fresh', { name: poll.name })}</p>
        <p>
          <bdi>{poll.question}</bdi>
        </p>
      </div>
      <Button testid="poll-hint-show" look="primary" onClick={() => (talk.tab.value = 'polls')}>
        {t('polls.fresh.show')}
      </Button>
      <IconButton
        testid="poll-hint-later"
        icon="cross"
        label={t('polls.fresh.later')}
        onClick={() => work.polls.markSeen()}
      />
    </div>
  );
}

/** Says it when the relay did not do what was asked. */
export function useRefusals({ chat, people, polls }: Work): void {
  const toasts = useToasts();
  const { t } = useTalkText();
  const tell = (requests: Requests): void => {
    const refused = requests.refused.value;
    // The dialog says it itself.
    if (refused === null || refused.re === 'poll.open') return;
    toasts.say(t(refused.code === 'forbidden' ? 'refused.forbidden' : 'refused.text'), 'refusal');
    requests.forgive();
  };
  useSignalEffect(() => {
    for (const requests of [chat.requests, people.requests, polls.requests]) tell(requests);
  });
}
