import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Participant } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Icon, type IconName } from '../../../ui/icons.tsx';
import type { MenuItem } from '../../../ui/menu.tsx';
import { RowMenu } from './rowmenu.tsx';
import type { Talk } from './talk.ts';

export interface PersonProps {
  participant: Participant;
  /** It is the person who looks. */
  self: boolean;
  sharing: boolean;
  moderates: boolean;
  presents: boolean;
  work: Work;
  talk: Talk;
  t: TalkTranslate;
  onRemove(participant: Participant): void;
}

/** One line of the list. It is drawn again only when it says something else: there may be hundreds. */
export function Person(props: PersonProps): JSX.Element {
  const { participant, self, sharing, moderates, presents, work, t } = props;
  const chats = work.people.mayChat.value !== 'never';
  return useMemo(
    () => <Line {...props} />,
    // Of the texts only the language matters.
    [participant, self, sharing, moderates, presents, chats, t('person.you')],
  );
}

function Line(props: PersonProps): JSX.Element {
  const { participant, self, sharing, t } = props;
  const { id, name, role, status, muted } = participant;
  const items = itemsFor(props);
  return (
    <li
      data-testid="participant"
      data-id={id}
      data-role={role}
      data-status={status}
      data-muted={muted}
    >
      <span class={`avatar ${role}`} aria-hidden="true">
        {initials(name)}
        {statusIcon(participant, sharing)}
      </span>
      <span class="person">
        <bdi>{name}</bdi> <span class="marks">{marks(participant, self, sharing, t)}</span>
      </span>
      {items.length > 0 && (
        <RowMenu
          label={t('person.actions', { name })}
          testid="person-menu"
          items={() => itemsFor(props)}
        />
      )}
    </li>
  );
}

function statusIcon({ status, muted }: Participant, sharing: boolean): JSX.Element | null {
  const icon: IconName | null =
    status === 'hand'
      ? 'hand'
      : status === 'away'
        ? 'away'
        : sharing
          ? 'screen'
          : muted
            ? 'mute'
            : null;
  return (
    icon && (
      <span class={`status-icon ${icon}`}>
        <Icon name={icon} />
      </span>
    )
  );
}

/** "(guest, you)": guests are always marked as guests. */
function marks(
  { role, status, presents, muted }: Participant,
  self: boolean,
  sharing: boolean,
  t: TalkTranslate,
): string {
  const found = [
    role === 'guest' && t('person.guest'),
    role === 'organizer' && t('person.organizer'),
    self && t('person.you'),
    sharing ? t('person.shares') : role === 'guest' && presents && t('person.presenter'),
    status === 'away' && t('person.away'),
    status === 'hand' && t('person.hand'),
    muted && t('person.muted'),
  ].filter(Boolean);
  return found.length > 0 ? `(${found.join(', ')})` : '';
}

/** What this person may do with another, by rights. */
function itemsFor(props: PersonProps): readonly MenuItem[] {
  const { participant, self, moderates, presents, work, talk, t, onRemove } = props;
  const { id, status, muted, role } = participant;
  const { people, stage } = work;
  if (self) return [];
  const items: (MenuItem | false)[] = [
    people.mayChat.peek() !== 'never' && {
      id: 'write',
      label: t('person.write'),
      icon: 'chat',
      onSelect: () => talk.write(id),
    },
    presents &&
      participant.presents && {
        id: 'offer',
        label: t('person.offer'),
        icon: 'share',
        onSelect: () => stage.handover.offer(id),
      },
    presents &&
      status === 'hand' && {
        id: 'hand',
        label: t('person.hand.lower'),
        icon: 'hand',
        onSelect: () => people.lowerHand(id),
      },
    moderates && {
      id: 'mute',
      label: t(muted ? 'person.unmute' : 'person.mute'),
      icon: muted ? 'chat' : 'mute',
      onSelect: () => people.mute(id, !muted),
    },
    moderates &&
      role !== 'organizer' && {
        id: 'remove',
        label: t('person.remove'),
        icon: 'leave',
        look: 'danger',
        apart: true,
        onSelect: () => onRemove(participant),
      },
  ];
  return items.filter((item) => item !== false);
}

/** The first letters of the last two words: a title in front is left out. */
export function initials(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .slice(-2)
    .map((word) => [...word][0]?.toUpperCase())
    .join('');
}
