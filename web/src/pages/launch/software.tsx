import './launch.css';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { LaunchApi } from '../../session/launchapi.ts';
import type { Conference } from '../../session/api.ts';
import { useLaunchText } from '../../text/launch/launch.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { useServices, type Outside } from '../../ui/services.ts';
import { isFresh, thisStation } from './browser.ts';
import { Joining } from './joining.ts';
import { KeepWay } from './keep.tsx';
import { Progress } from './progress.tsx';
import { sizeText } from './words.ts';

export function joiningOf(outside: Outside, conference: Conference | undefined): Joining {
  const { timers } = outside;
  return new Joining({
    api: new LaunchApi(outside),
    timers,
    station: () => thisStation(navigator),
    fresh: () => isFresh(navigator),
    open: (address) => window.location.assign(address),
    early: conference?.status === 'scheduled',
  });
}

export interface JoiningProps {
  joining: Joining;
}

/** In a few words, which software there is for this computer. */
export function Offered({ joining }: JoiningProps): JSX.Element {
  const { t, language } = useLaunchText();
  const offer = joining.offer.value;
  switch (offer.kind) {
    case 'some': {
      const { version, size } = offer.release;
      return <>{t('badge.some', { version, size: sizeText(size, language) })}</>;
    }
    case 'none':
      return <>{t('badge.none')}</>;
    case 'looking':
      return <>…</>;
    default:
      return <>{t('badge.computers')}</>;
  }
}

/** What happens to the software once it was chosen, and whether the choice is remembered. */
export function Below({ joining, asked }: JoiningProps & { asked: boolean }): JSX.Element {
  useWaking(joining);
  return (
    <>
      {asked && <Chosen joining={joining} />}
      <KeepWay asked={asked} />
    </>
  );
}

function Chosen({ joining }: JoiningProps): JSX.Element | null {
  const { portal } = useServices();
  const { t } = useLaunchText();
  const { kind } = joining.offer.value;
  const { early } = joining;
  const possible = joining.possible.value;
  if (kind === 'phone' || (kind === 'none' && !possible)) {
    return (
      <Alert kind="notice" testid="software-unavailable">
        <p>{t(`offer.${kind}`)}</p>
        {kind === 'none' && !early && (
          <Button testid="software-insist" onClick={() => void joining.insist()}>
            {t('offer.insist')}
          </Button>
        )}
      </Alert>
    );
  }
  if (early) {
    return (
      <Alert kind="notice" testid="software-early">
        <p>{t('early')}</p>
        <Button testid="early-conference" onClick={() => portal.router.go('/conference')}>
          {t('early.page')}
        </Button>
      </Alert>
    );
  }
  return <Progress joining={joining} />;
}

/** Who comes back from an installation sees at once whether the software has joined. */
function useWaking({ launch }: Joining): void {
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') launch.wake();
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('focus', wake);
    window.addEventListener('online', wake);
    return () => {
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('focus', wake);
      window.removeEventListener('online', wake);
    };
  }, [launch]);
}
