import type { JSX } from 'preact';
import type { Bridge } from '../session/api.ts';
import { Icon } from './icons.tsx';
import { useText } from './services.ts';

/** The numbers to call; a phone number is a link that dials. */
export function Bridges({ bridges }: { bridges: readonly Bridge[] }): JSX.Element {
  const t = useText();
  if (bridges.length === 0) return <p class="empty">{t('conference.bridges.none')}</p>;
  return (
    <ul class="bridges" data-testid="bridges">
      {bridges.map((bridge) => (
        <li key={bridge.kind + bridge.number + bridge.code}>
          <Icon name={bridge.kind === 'audio' ? 'phone' : 'camera'} />
          <div class="bridge">
            <p class="bridge-label">
              {[
                bridge.label ||
                  t(bridge.kind === 'audio' ? 'conference.audio' : 'conference.video'),
                bridge.country,
              ]
                .filter(Boolean)
                .join(' · ')}
            </p>
            <p class="bridge-number">{dialled(bridge.number)}</p>
          </div>
          {bridge.code && (
            <p class="bridge-code">
              <span>{t('conference.code')}</span> <strong>{bridge.code}</strong>
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}

function dialled(number: string): JSX.Element | string {
  // A video bridge may have an address instead of a number.
  if (!/^[+\d][\d\s().-]*$/.test(number)) return number;
  return <a href={`tel:${number.replace(/[^+\d]/g, '')}`}>{number}</a>;
}
