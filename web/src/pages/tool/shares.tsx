import type { JSX } from 'preact';
import type { Work } from '../../session/work.ts';
import { useBoardText } from '../../text/board/board.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { useText } from '../../ui/services.ts';
import { AskControl, Controlled } from './control/ask.tsx';
import { Preview } from './preview.tsx';
import { WatchedBy } from './watched.tsx';
import { Ways } from './ways.tsx';

/** What is shared now; the guest watches one, or follows the conference. */
export function Shares({ work }: { work: Work }): JSX.Element {
  const t = useText();
  const { t: b } = useBoardText();
  const { attendance, stage } = work;
  const onStage = stage.shown.value;
  const presents = work.rights.value.presents;
  const room = attendance.control.room.value;
  const shares = room?.publications ?? [];
  // A share that lies behind the whiteboard is not what is looked at.
  const viewed = stage.kind.value === 'share' ? attendance.viewed.value?.id : undefined;
  const pinned = room !== null && room.selected !== '';
  const own = shares.some(({ participant }) => participant === room?.self);
  // The stage has its preview when it is what is looked at.
  const mirrored = shares.some(
    ({ id, participant }) => id === viewed && participant === room?.self,
  );
  return (
    <section aria-labelledby="shares">
      <h2 id="shares">
        {t('tool.shares')} <span class="count">{shares.length || ''}</span>
      </h2>
      {shares.length === 0 && <p class="empty">{t('tool.shares.none')}</p>}
      <ul class="shares" data-testid="shares">
        {shares.map((share) => {
          const { id, label, name, audio, participant } = share;
          return (
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
                <Controlled work={work} share={share} />
                <WatchedBy work={work} share={share} />
              </div>
              {id === viewed && <span class="badge good">{t('tool.shares.viewed')}</span>}
              {/* Stays in place, so that the focus does: pressed means that this share is pinned. */}
              {(id !== viewed || room?.selected === id) && (
                <Button
                  testid="watch"
                  label={t('tool.shares.watch.label', { label, name })}
                  pressed={room?.selected === id}
                  onClick={() => (room?.selected === id ? stage.follow() : stage.watch(id))}
                >
                  {t('tool.shares.watch')}
                </Button>
              )}
              {presents && (onStage.kind !== 'share' || onStage.id !== id) && (
                <Button
                  testid="show-share"
                  icon="all"
                  label={b('shares.show.label', { label, name })}
                  onClick={() => void stage.show({ kind: 'share', id })}
                >
                  {b('shares.show')}
                </Button>
              )}
              <AskControl work={work} share={share} />
              {participant === room?.self && (
                <Button
                  testid="stop-own"
                  icon="stop"
                  label={b('shares.stop.label', { label })}
                  onClick={() => attendance.publisher.stop()}
                >
                  {b('shares.stop')}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {shares.length > 0 && (
        <div class="following">
          {(!mirrored || pinned) && (
            <p class="small">{t(pinned ? 'tool.follow.off' : 'tool.follow.on')}</p>
          )}
          {(pinned || shares.length > 1) && (
            <Button testid="follow" pressed={!pinned} onClick={() => stage.follow()}>
              {t('tool.follow')}
            </Button>
          )}
          {own && !mirrored && <Preview attendance={attendance} />}
          <Ways attendance={attendance} />
        </div>
      )}
    </section>
  );
}
