import './participants.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Participant } from '../../session/wire.ts';
import type { Work } from '../../session/work.ts';
import { useTalkText, type TalkTranslate } from '../../text/talk/talk.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { ListMenu } from './talk/listmenu.tsx';
import { Person } from './talk/person.tsx';
import { Removal } from './talk/removal.tsx';
import type { Talk } from './talk/talk.ts';

/** So many are drawn at a time: the list of a large conference stays quick. */
const page = 50;
/** From so many on one searches. */
const many = 12;

export interface ParticipantsProps {
  work: Work;
  talk: Talk;
}

export function Participants({ work, talk }: ParticipantsProps): JSX.Element {
  const { t } = useTalkText();
  const { people } = work;
  const sought = useSignal('');
  const drawn = useSignal(page);
  const leaving = useSignal<Participant | null>(null);
  const room = work.attendance.control.room.value;
  const participants = room?.participants ?? [];
  const self = room?.self ?? '';
  const ordered = useMemo(() => inOrder(participants, self), [participants, self]);
  const found = useMemo(() => matching(ordered, sought.value), [ordered, sought.value]);
  const sharing = new Set(room?.publications.map(({ participant }) => participant));
  const moderates = people.moderates.value;
  const presents = people.presents.value;
  const more = Math.min(page, found.length - drawn.value);
  return (
    <section aria-labelledby="participants" class="participants">
      <div class="talk-head">
        <h2 id="participants">
          {t('people.title')} <span class="count">{participants.length || ''}</span>
        </h2>
        <ListMenu work={work} participants={ordered} t={t} />
      </div>
      <RoomState locked={room?.locked ?? false} muted={room?.muted ?? false} t={t} />
      <OwnStatus work={work} t={t} />
      {participants.length > many && (
        <Search
          sought={sought.value}
          found={found.length}
          t={t}
          onSeek={(text) => (sought.value = text)}
        />
      )}
      <ul class="people" data-testid="participants">
        {found.slice(0, drawn.value).map((participant) => (
          <Person
            key={participant.id}
            participant={participant}
            self={participant.id === self}
            sharing={sharing.has(participant.id)}
            moderates={moderates}
            presents={presents}
            work={work}
            talk={talk}
            t={t}
            onRemove={(who) => (leaving.value = who)}
          />
        ))}
      </ul>
      {more > 0 && (
        <Button testid="people-more" onClick={() => (drawn.value += page)}>
          {t('people.more', { count: more })}
        </Button>
      )}
      {leaving.value !== null && (
        <Removal
          participant={leaving.value}
          t={t}
          onClose={() => (leaving.value = null)}
          onRemove={(id) => people.remove(id)}
        />
      )}
    </section>
  );
}

interface RoomStateProps {
  locked: boolean;
  muted: boolean;
  t: TalkTranslate;
}

/** What organizers have set for all; the line is always there, so that its change is read out. */
function RoomState({ locked, muted, t }: RoomStateProps): JSX.Element {
  return (
    <div class="room-state" role="status" data-testid="room-state">
      {locked && (
        <p>
          <Icon name="lock" /> {t('people.locked')}
        </p>
      )}
      {muted && (
        <p>
          <Icon name="mute" /> {t('people.muted')}
        </p>
      )}
    </div>
  );
}

function OwnStatus({ work, t }: { work: Work; t: TalkTranslate }): JSX.Element | null {
  const { people } = work;
  if (people.self.value === null) return null;
  const away = people.status.value === 'away';
  return (
    <div class="own-status">
      <Button
        testid="away"
        icon="away"
        look={away ? 'on' : 'secondary'}
        onClick={() => people.setStatus(away ? '' : 'away')}
      >
        {t(away ? 'people.back' : 'people.away')}
      </Button>
    </div>
  );
}

interface SearchProps {
  sought: string;
  found: number;
  t: TalkTranslate;
  onSeek(text: string): void;
}

function Search({ sought, found, t, onSeek }: SearchProps): JSX.Element {
  return (
    <div class="search" role="search">
      <div class="entry">
        <Icon name="search" />
        <input
          type="search"
          aria-label={t('people.search')}
          placeholder={t('people.search')}
          autocomplete="off"
          value={sought}
          data-testid="people-search"
          onInput={(event) => onSeek(event.currentTarget.value)}
        />
      </div>
      <p class="small" role="status" data-testid="people-found">
        {sought.trim() !== '' &&
          (found === 0 ? t('people.none') : t('people.found', { count: found }))}
      </p>
    </div>
  );
}

/** Oneself first, then who presents, then the others; each by name. */
export function inOrder(participants: readonly Participant[], self: string): Participant[] {
  const rank = ({ id, presents }: Participant): number => (id === self ? 0 : presents ? 1 : 2);
  const collator = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });
  return participants.toSorted((a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name));
}

/** Whose name has every word in it, whatever its accents and capitals. */
export function matching(participants: readonly Participant[], sought: string): Participant[] {
  const words = plain(sought).split(/\s+/).filter(Boolean);
  return participants.filter(({ name }) => {
    const within = plain(name);
    return words.every((word) => within.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
