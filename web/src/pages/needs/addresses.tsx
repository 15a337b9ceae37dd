import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { DiagnosticApi, type TestSession } from '../../session/diagnostic/api.ts';
import { useNeedsText } from '../../text/needs/needs.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { useServices } from '../../ui/services.ts';
import { destinations } from './addresses.ts';

/** What the service says of itself, when somebody asks. */
export function Addresses(): JSX.Element {
  const { outside } = useServices();
  const { t } = useNeedsText();
  const found = useSignal<TestSession | 'none' | 'busy' | 'failed'>('none');
  const ask = async () => {
    found.value = 'busy';
    try {
      found.value = await new DiagnosticApi(outside).session();
    } catch {
      found.value = 'failed';
    }
  };
  const session = typeof found.value === 'object' ? found.value : null;
  return (
    <>
      <h3>{t('addresses.title')}</h3>
      <p>{t('addresses.lead')}</p>
      {session === null && (
        <Button testid="addresses" busy={found.value === 'busy'} onClick={() => void ask()}>
          {t(found.value === 'busy' ? 'addresses.busy' : 'addresses.show')}
        </Button>
      )}
      <div role="status">
        {found.value === 'failed' && (
          <Alert kind="notice" testid="addresses-failed">
            <p>{t('addresses.failed')}</p>
          </Alert>
        )}
        {session !== null && <Found session={session} />}
      </div>
    </>
  );
}

function Found({ session: { client, relays } }: { session: TestSession }): JSX.Element {
  const { t } = useNeedsText();
  const rows = [
    { what: t('addresses.portal'), urls: [location.origin] },
    ...relays.map(({ region, id, relay, iceServers }) => ({
      what: t('addresses.relay', { region: region || id }),
      urls: [relay.whip, relay.whep, relay.control, ...iceServers.flatMap(({ urls }) => urls)],
    })),
  ];
  return (
    <>
      <dl class="addresses" data-testid="addresses-found">
        {rows.map(({ what, urls }) => (
          <div key={what}>
            <dt>{what}</dt>
            {destinations(urls).map(({ host, ports }) => (
              <dd key={host}>
                <code>{host}</code> {ports.join(', ')}
              </dd>
            ))}
          </div>
        ))}
      </dl>
      {relays.length === 0 && <p>{t('addresses.none')}</p>}
      <p class="small">{t('addresses.media')}</p>
      <p class="small">{t('addresses.yours', { address: client.address })}</p>
    </>
  );
}
