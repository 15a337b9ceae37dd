import type { JSX } from 'preact';
import type { ChatMessage } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import { useTalkText, type TalkTranslate } from '../../../text/talk/talk.ts';
import { Button } from '../../../ui/button.tsx';
import { Icon } from '../../../ui/icons.tsx';
import { Badge } from '../../../ui/surface.tsx';
import type { TalkProps } from './chat.tsx';
import { HandButton } from './hand.tsx';
import { Linked } from './links.tsx';

/** Who asks to speak, and what was asked in writing. */
export function Questions({ work, talk }: TalkProps): JSX.Element {
  const { t } = useTalkText();
  const questions = work.chat.messages.value.filter(({ question }) => question);
  const open = questions.filter(({ answered }) => !answered);
  const done = questions.filter(({ answered }) => answered);
  return (
    <>
      <Hands work={work} t={t} />
      <section aria-labelledby="written">
        <h2 id="written">
          {t('questions.written')} <span class="count">{questions.length || ''}</span>
        </h2>
        <p class="small" role="status" data-testid="questions-open">
          {questions.length === 0
            ? t('chat.none.questions')
            : t('questions.open', { count: open.length })}
        </p>
        <ul class="questions">
          {[...open, ...done].map((question) => (
            <Question key={question.id} question={question} work={work} talk={talk} t={t} />
          ))}
        </ul>
        {work.people.mayChat.value !== 'never' && (
          <Button testid="ask" icon="question" onClick={() => talk.ask()}>
            {t('questions.ask')}
          </Button>
        )}
      </section>
    </>
  );
}

function Hands({ work, t }: { work: Work; t: TalkTranslate }): JSX.Element {
  const { people } = work;
  const hands = people.hands.value;
  const place = hands.findIndex(({ id }) => id === people.self.value?.id) + 1;
  return (
    <section aria-labelledby="hands">
      <h2 id="hands">
        {t('questions.hands')} <span class="count">{hands.length || ''}</span>
      </h2>
      <p class="small" role="status" data-testid="hands-said">
        {hands.length === 0 && t('questions.hands.none')}
        {place > 0 && t('questions.place', { place, count: hands.length })}
      </p>
      <ol class="hands" data-testid="hands">
        {hands.map(({ id, name }) => (
          <li key={id} data-testid="raised" data-id={id}>
            <Icon name="hand" />
            <span class="person">
              <bdi>{name}</bdi>
            </span>
            {people.presents.value && (
              <Button
                testid="lower"
                label={t('questions.hands.lower', { name })}
                onClick={() => people.lowerHand(id)}
              >
                {t('questions.lower')}
              </Button>
            )}
          </li>
        ))}
      </ol>
      <HandButton people={people} />
    </section>
  );
}

interface QuestionProps extends TalkProps {
  question: ChatMessage;
  t: TalkTranslate;
}

function Question({ question, work, talk, t }: QuestionProps): JSX.Element {
  const { id, participant, name, text, answered } = question;
  const self = work.people.self.value?.id ?? '';
  const marks = participant === self || work.people.presents.value;
  return (
    <li class="question" data-testid="question" data-id={id} data-answered={answered}>
      <p class="message-head">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        {answered && <Badge look="good">{t('message.answered')}</Badge>}
      </p>
      <p class="message-text">
        <Linked text={text} />
      </p>
      <div class="message-buttons">
        {marks && (
          <Button
            testid="question-answer"
            look="quiet"
            icon="check"
            onClick={() => work.chat.answer(id, !answered)}
          >
            {t(answered ? 'message.answer.not' : 'message.answer')}
          </Button>
        )}
        <Button
          testid="question-reply"
          look="quiet"
          icon="reply"
          label={t('message.reply', { name })}
          onClick={() => talk.reply(question, self)}
        >
          {t('questions.reply')}
        </Button>
      </div>
    </li>
  );
}
