import type { JSX } from 'preact';
import type { Attendance } from '../../session/attendance.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useText } from '../../ui/services.ts';
import { Ways } from './ways.tsx';

/** What is shared now; the guest watches one, or follows the conference. */
export function Shares({ attendance }: { attendance: Attendance }): JSX.Element {
  const t = useText();
  const room = attendance.control.room.value;
  const shares = room?.publications ?? [];
  const viewed = attendance.viewed.value?.id;
  const pinned = room !== null && room.selected !== '';
  return (
    <section aria-labelledby="shares">
      <h2 id="shares">
        {t('tool.shares')} <span class="count">{shares.length || ''}</span>
      </h2>
      {shares.length === 0 && <p class="empty">{t('tool.shares.none')}</p>}
      <ul class="shares" data-testid="shares">
        {shares.map(({ id, label, name, audio }) => (
          <li key={id} data-testid="share" data-id={id} data-viewed={id === viewed}>
            <Icon name="screen" />
            <div class="share-what">
              <p>
                <bdi>{label}</bdi>
              </p>
              <p class="small">
                <bdi>{name}</bdi>
                {audio && ` · ${t('tool.shares.sound')}`}
              </p>
            </div>
            {id === viewed && <span class="badge good">{t('tool.shares.viewed')}</span>}
            {/* Stays in place, so that the focus does: pressed means that this share is pinned. */}
            {(id !== viewed || room?.selected === id) && (
              <Button
                testid="watch"
                label={t('tool.shares.watch.label', { label, name })}
                pressed={room?.selected === id}
                onClick={() => attendance.control.select(room?.selected === id ? '' : id)}
              >
                {t('tool.shares.watch')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {shares.length > 0 && (
        <div class="following">
          <p class="small">{t(pinned ? 'tool.follow.off' : 'tool.follow.on')}</p>
          {(pinned || shares.length > 1) && (
            <Button testid="follow" pressed={!pinned} onClick={() => attendance.control.select('')}>
              {t('tool.follow')}
            </Button>
          )}
          <Ways attendance={attendance} />
        </div>
      )}
    </section>
  );
}
