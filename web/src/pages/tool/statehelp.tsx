import type { JSX } from 'preact';
import type { Reason, Status } from '../../session/attendance.ts';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import type { TopicId } from '../../text/help/topics.ts';

const topics: Readonly<Partial<Record<Reason, TopicId>>> = {
  blocked: 'firewall',
  undecodable: 'no-picture',
  black: 'no-picture',
  format: 'no-picture',
  control: 'reconnecting',
  media: 'reconnecting',
  refused: 'no-entry',
};

/** The topic of the help about what is wrong; in another tab, so that nobody leaves the conference for it. */
export function StateHelp({ status: { reason } }: { status: Status }): JSX.Element | null {
  const { t } = useEntranceText();
  const topic = topics[reason];
  if (topic === undefined) return null;
  return (
    <a href={`/help/${topic}`} target="_blank" rel="noopener" data-testid="state-help">
      {t('help.state')}
    </a>
  );
}
