import './trouble.css';
import type { JSX } from 'preact';
import type { Reason, Status } from '../../session/attendance.ts';
import { useArea } from '../../text/area.ts';
import type { TopicId } from '../../text/help/topics.ts';
import { en } from '../../text/trouble/en.ts';
import { fr } from '../../text/trouble/fr.ts';
import { Icon } from '../../ui/icons.tsx';
import { useServices } from '../../ui/services.ts';
import { diagnosticAddress } from '../diagnostic/visit.ts';

const topics: Readonly<Partial<Record<Reason, TopicId>>> = {
  blocked: 'firewall',
  undecodable: 'no-picture',
  black: 'no-picture',
  format: 'no-picture',
  control: 'reconnecting',
  media: 'reconnecting',
};

/**
 * Beside a picture that does not come: the topic of the help about what is wrong, and the diagnostic tool. In other tabs,
 * so that nobody leaves the conference for them.
 */
export function Remedies({ status }: { status: Status }): JSX.Element | null {
  const { portal } = useServices();
  const { t } = useArea({ en, fr });
  const topic = topics[status.reason];
  if (topic === undefined && !isTrouble(status)) return null;
  const elsewhere = (
    <>
      <Icon name="elsewhere" /> <span class="unseen">{t('tab')}</span>
    </>
  );
  return (
    <p class="remedies">
      {topic !== undefined && (
        <a href={`/help/${topic}`} target="_blank" rel="noopener" data-testid="state-help">
          {t('help')} {elsewhere}
        </a>
      )}
      {isTrouble(status) && (
        <a
          data-testid="find-out"
          href={diagnosticAddress(portal.admission.value?.conference.id ?? '')}
          target="_blank"
          rel="noreferrer"
        >
          {t('find')} {elsewhere}
        </a>
      )}
    </p>
  );
}

/** What the guest's own computer or network may be the reason of. */
export function isTrouble({ standing, reason }: Status): boolean {
  if (standing === 'frozen') return reason !== 'presenter';
  return standing === 'reconnecting' || reason === 'blocked';
}
