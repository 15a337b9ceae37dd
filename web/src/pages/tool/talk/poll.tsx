import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { Poll } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Badge } from '../../../ui/surface.tsx';

export interface PollProps {
  poll: Poll;
  work: Work;
  t: TalkTranslate;
}

export function PollCard({ poll, work, t }: PollProps): JSX.Element {
  const id = useId();
  const deleting = useSignal(false);
  const { people, polls } = work;
  const own = poll.participant === people.self.value?.id;
  const directs = own || people.moderates.value;
  return (
    <article
      class="poll"
      aria-labelledby={id}
      data-testid="poll"
      data-id={poll.id}
      data-open={poll.open}
    >
      <h3 id={id}>
        <bdi>{poll.question}</bdi>
      </h3>
      <p class="poll-marks">
        <Badge look={poll.open ? 'good' : 'plain'}>
          {t(poll.open ? 'poll.open' : 'poll.closed')}
        </Badge>
        {poll.secret && poll.open && <Badge look="notice">{t('poll.secret')}</Badge>}
        <span class="small">{own ? t('poll.own') : t('poll.by', { name: poll.name })}</span>
      </p>
      {poll.open && <Ballot poll={poll} work={work} t={t} />}
      <Results poll={poll} choice={polls.choice(poll)} t={t} />
      {directs && (
        <div class="message-buttons">
          {poll.open && (
            <Button testid="poll-close" icon="stop" onClick={() => polls.end(poll.id)}>
              {t('poll.close')}
            </Button>
          )}
          <Button
            testid="poll-delete"
            look="quiet"
            icon="trash"
            onClick={() => (deleting.value = true)}
          >
            {t('poll.delete')}
          </Button>
        </div>
      )}
      {deleting.value && (
        <Dialog title={t('poll.delete.title')} onClose={() => (deleting.value = false)}>
          <p>{t('poll.delete.text')}</p>
          <div class="dialog-buttons">
            <Button testid="poll-delete-no" onClick={() => (deleting.value = false)}>
              {t('poll.delete.no')}
            </Button>
            <Button
              testid="poll-delete-yes"
              look="danger"
              onClick={() => {
                deleting.value = false;
                polls.remove(poll.id);
              }}
            >
              {t('poll.delete')}
            </Button>
          </div>
        </Dialog>
      )}
    </article>
  );
}

/** Where one chooses; nothing is sent before the button is pressed, so that arrow keys cast no votes. */
function Ballot({ poll, work, t }: PollProps): JSX.Element {
  const { polls } = work;
  const name = useId();
  const voted = polls.choice(poll);
  const picked = useSignal<readonly number[] | null>(null);
  const chosen = picked.value ?? voted;
  const pick = (option: number, on: boolean): void => {
    const others = poll.multiple ? chosen.filter((other) => other !== option) : [];
    picked.value = on ? [...others, option] : others;
  };
  const vote = (options: readonly number[]): void => {
    picked.value = null;
    polls.vote(poll.id, options);
  };
  const voting = polls.voting(poll.id);
  return (
    <form
      class="ballot"
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.length > 0) vote(chosen);
      }}
    >
      <fieldset class="options">
        <legend class="small">{t(poll.multiple ? 'poll.several' : 'poll.one')}</legend>
        {poll.options.map(({ text }, option) => (
          <label key={option} class="option">
            <input
              type={poll.multiple ? 'checkbox' : 'radio'}
              name={name}
              checked={chosen.includes(option)}
              data-testid="poll-option"
              onChange={(event) => pick(option, event.currentTarget.checked)}
            />
            <bdi>{text}</bdi>
          </label>
        ))}
      </fieldset>
      <div class="message-buttons">
        <Button type="submit" look="primary" testid="poll-vote">
          {t(voted.length > 0 ? 'poll.change' : 'poll.vote')}
        </Button>
        {voted.length > 0 && (
          <Button testid="poll-back" look="quiet" onClick={() => vote([])}>
            {t('poll.back')}
          </Button>
        )}
      </div>
      <p class="small" role="status" data-testid="poll-said" data-voting={voting}>
        {voting ? t('poll.voting') : voted.length > 0 && t('poll.voted')}
      </p>
    </form>
  );
}

interface ResultsProps {
  poll: Poll;
  choice: readonly number[];
  t: TalkTranslate;
}

/** Bars for the eye, and the same in numbers. */
function Results({ poll, choice, t }: ResultsProps): JSX.Element {
  const voters =
    poll.voters === 1 ? t('poll.voters.one') : t('poll.voters', { count: poll.voters });
  return (
    <div class="results">
      <p class="small" data-testid="poll-voters">
        {voters}
      </p>
      {poll.hidden ? (
        <p class="small" data-testid="poll-hidden">
          {t('poll.hidden')}
        </p>
      ) : (
        <ul data-testid="poll-results">
          {poll.options.map(({ text, votes }, option) => {
            const percent = poll.voters === 0 ? 0 : Math.round((100 * votes) / poll.voters);
            return (
              <li key={option} class="result" data-testid="poll-result" data-votes={votes}>
                <span class="result-what">
                  <bdi>{text}</bdi>
                  {choice.includes(option) && <span class="marks"> ({t('poll.yours')})</span>}
                </span>
                <span class="result-votes">{t('poll.votes', { votes, percent })}</span>
                <span class="bar" aria-hidden="true">
                  <span style={{ width: `${percent}%` }} />
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
