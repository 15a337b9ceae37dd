import './polls.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { useTalkText } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { EmptyState } from '../../../ui/surface.tsx';
import type { TalkProps } from './chat.tsx';
import { NewPoll } from './newpoll.tsx';
import { PollCard } from './poll.tsx';

/** What is put to the vote, the newest first. */
export function Polls({ work, talk }: TalkProps): JSX.Element {
  const { t } = useTalkText();
  const { people, polls } = work;
  const asking = useSignal(false);
  const all = polls.polls.value.toReversed();
  const shown = talk.tab.value === 'polls';
  const fresh = polls.fresh.value.length;
  useEffect(() => {
    if (shown) polls.markSeen();
  }, [shown, fresh, polls]);
  return (
    <section aria-labelledby="polls" class="polls">
      <h2 id="polls" class="unseen">
        {t('polls.title')}
      </h2>
      {people.presents.value && (
        <Button testid="poll-new" icon="poll" onClick={() => (asking.value = true)}>
          {t('polls.new')}
        </Button>
      )}
      {all.length === 0 && (
        <EmptyState
          icon="poll"
          title={t('polls.none')}
          text={t(people.presents.value ? 'polls.none.open' : 'polls.none.wait')}
          testid="polls-none"
        />
      )}
      {all.map((poll) => (
        <PollCard key={poll.id} poll={poll} work={work} t={t} />
      ))}
      {asking.value && <NewPoll polls={polls} t={t} onClose={() => (asking.value = false)} />}
    </section>
  );
}
