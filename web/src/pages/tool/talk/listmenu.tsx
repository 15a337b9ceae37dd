import type { JSX } from 'preact';
import { csv } from '../../../session/csv.ts';
import type { Participant } from '../../../session/wire.ts';
import type { Work } from '../../../session/work.ts';
import type { TalkTranslate } from '../../../text/talk/talk.ts';
import { Menu, type MenuItem } from '../../../ui/menu.tsx';
import { useServices } from '../../../ui/services.ts';
import { useToasts } from '../../../ui/toasts.tsx';
import { copyText, fileName, localTime, saveText } from './save.ts';

export interface ListMenuProps {
  work: Work;
  participants: readonly Participant[];
  t: TalkTranslate;
}

/** What is done with the whole list, and with the conference. */
export function ListMenu({ work, participants, t }: ListMenuProps): JSX.Element {
  const { portal } = useServices();
  const toasts = useToasts();
  const { people } = work;
  const room = work.attendance.control.room.value;
  const locked = room?.locked ?? false;
  const muted = room?.muted ?? false;
  const items: MenuItem[] = [
    {
      id: 'copy',
      label: t('people.copy'),
      icon: 'copy',
      onSelect: () =>
        void copyText(asLines(participants, t)).then((done) =>
          toasts.say(t(done ? 'people.copied' : 'people.copied.not'), done ? 'good' : 'refusal'),
        ),
    },
    {
      id: 'csv',
      label: t('people.csv'),
      icon: 'download',
      onSelect: () => {
        const name = portal.admission.peek()?.conference.name ?? '';
        const file = fileName(name, t('file.people'), 'csv', new Date());
        saveText(file, 'text/csv', listTable(participants, t));
      },
    },
  ];
  if (people.moderates.value) {
    items.push(
      {
        id: 'lock',
        label: t(locked ? 'people.unlock' : 'people.lock'),
        icon: 'lock',
        apart: true,
        onSelect: () => people.lock(!locked),
      },
      {
        id: 'mute',
        label: t(muted ? 'people.unmute' : 'people.mute'),
        icon: 'mute',
        onSelect: () => people.muteAll(!muted),
      },
    );
  }
  return <Menu label={t('people.list')} icon="more" testid="people-menu" items={items} />;
}

/** "Ada Lovelace (guest)", a line each. */
export function asLines(participants: readonly Participant[], t: TalkTranslate): string {
  return participants.map(({ name, role }) => `${name} (${t(`person.${role}`)})`).join('\n');
}

export function listTable(participants: readonly Participant[], t: TalkTranslate): string {
  const columns = ['name', 'role', 'status', 'since'] as const;
  const rows = participants.map(({ name, role, status, joinedAt }) => [
    name,
    t(`person.${role}`),
    status === '' ? '' : t(`person.${status}`),
    localTime(joinedAt),
  ]);
  return csv([columns.map((column) => t(`csv.${column}`)), ...rows]);
}
