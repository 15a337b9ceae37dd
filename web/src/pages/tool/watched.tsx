import './watched.css';
import type { JSX } from 'preact';
import type { Publication } from '../../session/wire.ts';
import type { Work } from '../../session/work.ts';
import { useWatchedText } from '../../text/watched/watched.ts';
import { Icon } from '../../ui/icons.tsx';

/** So many are named. */
const named = 3;

/** Who watches an own share; the relay tells of no other. */
export function WatchedBy({ work, share }: { work: Work; share: Publication }): JSX.Element | null {
  const { t, language } = useWatchedText();
  const watched = work.audience.watched.value.get(share.id);
  if (watched === undefined) return null;
  const { count, viewers } = watched;
  const participants = work.attendance.control.room.value?.participants ?? [];
  const names = viewers.flatMap((id) => participants.find((one) => one.id === id)?.name ?? []);
  const unnamed = names.length === 0;
  const shown = names.slice(0, count > named ? named - 1 : named);
  const rest = count - shown.length;
  const last = rest === 1 ? t('more') : t('more.many', { count: rest });
  const counted =
    count === 0
      ? t('none')
      : unnamed
        ? t(count === 1 ? 'unnamed.one' : 'unnamed.many', { count })
        : `${count === 1 ? t('one') : t('many', { count })} `;
  // British English has no comma before "and".
  const list = new Intl.ListFormat(language === 'en' ? 'en-GB' : language);
  const parts = list.formatToParts(rest > 0 && !unnamed ? [...shown, last] : shown);
  return (
    <p class="small watched-by" data-testid="watched-by" data-count={count}>
      <Icon name="people" />
      <span>
        {counted}
        {parts.map(({ type, value }) => (type === 'element' ? <bdi>{value}</bdi> : value))}
      </span>
    </p>
  );
}

/** Tells screen readers, whichever tab is open, when somebody begins to watch, and when nobody does any more. */
export function WatchedSaid({ work }: { work: Work }): JSX.Element {
  const { t } = useWatchedText();
  const said = work.audience.said.value;
  return (
    <p class="unseen" role="status" data-testid="watched-said">
      {said !== '' && t(said === 'some' ? 'said.some' : 'said.none')}
    </p>
  );
}
