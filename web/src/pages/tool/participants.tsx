import type { JSX } from 'preact';
import type { Attendance } from '../../session/attendance.ts';
import type { Participant } from '../../session/wire.ts';
import type { Translate } from '../../text/texts.ts';
import { useText } from '../../ui/services.ts';

export function Participants({ attendance }: { attendance: Attendance }): JSX.Element {
  const t = useText();
  const room = attendance.control.room.value;
  const participants = room?.participants ?? [];
  return (
    <section aria-labelledby="participants">
      <h2 id="participants">
        {t('tool.participants')} <span class="count">{participants.length || ''}</span>
      </h2>
      <ul class="people" data-testid="participants">
        {participants.map((participant) => (
          <li
            key={participant.id}
            data-testid="participant"
            data-id={participant.id}
            data-role={participant.role}
          >
            <span class={`avatar ${participant.role}`} aria-hidden="true">
              {initials(participant.name)}
            </span>
            <span class="person">
              <bdi>{participant.name}</bdi>{' '}
              <span class="marks">{marks(participant, room?.self ?? '', t)}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** "(guest, you)": guests are always marked as guests. */
function marks({ id, role, status }: Participant, self: string, t: Translate): string {
  const found = [
    role === 'guest' && t('tool.guest'),
    role === 'organizer' && t('tool.organizer'),
    id === self && t('tool.you'),
    status === 'away' && t('tool.away'),
    status === 'hand' && t('tool.hand'),
  ].filter(Boolean);
  return found.length > 0 ? `(${found.join(', ')})` : '';
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
