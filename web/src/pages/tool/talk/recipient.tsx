import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Participant } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Select } from '../../../ui/controls.tsx';
import type { Talk } from './talk.ts';

export interface RecipientProps {
  participants: readonly Participant[];
  self: string;
  work: Work;
  talk: Talk;
  t: TalkTranslate;
}

/** To whom; everybody at first. */
export function Recipient({ participants, self, work, talk, t }: RecipientProps): JSX.Element {
  const to = talk.to.value;
  const others = useMemo(
    () =>
      participants
        .filter(({ id }) => id !== self)
        .map(({ id, name }) => ({ value: id, label: name }))
        .toSorted((a, b) => a.label.localeCompare(b.label)),
    [participants, self],
  );
  const left = to !== '' && !others.some(({ value }) => value === to);
  const name = left ? nameOf(work, to) : '';
  const gone = left ? [{ value: to, label: t('write.left', { name }) }] : [];
  // Not at each letter that is typed: there may be hundreds of names.
  return useMemo(
    () => (
      <div class={to === '' ? 'recipient' : 'recipient private'}>
        <Select
          label={t('write.to')}
          value={to}
          testid="chat-to"
          options={[{ value: '', label: t('write.all') }, ...gone, ...others]}
          onChange={(id) => {
            talk.to.value = id;
            talk.replyTo.value = '';
          }}
        />
      </div>
    ),
    [others, to, name, t('write.to')],
  );
}

/** Who has left is named by what they wrote, or by what was written to them. */
export function nameOf({ chat }: Work, id: string): string {
  for (const { participant, name, to, toName } of chat.messages.value) {
    if (participant === id) return name;
    if (to === id) return toName;
  }
  return '';
}
