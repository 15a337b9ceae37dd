import type { JSX } from 'preact';
import type { Status } from '../../session/attendance.ts';
import { useArea } from '../../text/area.ts';
import { en } from '../../text/trouble/en.ts';
import { fr } from '../../text/trouble/fr.ts';
import { useServices } from '../../ui/services.ts';
import { diagnosticAddress } from '../diagnostic/visit.ts';

/** The diagnostic tool, beside a picture that does not come: the conference stays open. */
export function FindOut({ status }: { status: Status }): JSX.Element | null {
  const { portal } = useServices();
  const { t } = useArea({ en, fr });
  if (!isTrouble(status)) return null;
  return (
    <a
      class="find-out"
      data-testid="find-out"
      href={diagnosticAddress(portal.admission.value?.conference.id ?? '')}
      target="_blank"
      rel="noreferrer"
    >
      {t('find')}
    </a>
  );
}

/** What the guest's own computer or network may be the reason of. */
export function isTrouble({ standing, reason }: Status): boolean {
  if (standing === 'frozen') return reason !== 'presenter';
  return standing === 'reconnecting' || reason === 'blocked';
}
