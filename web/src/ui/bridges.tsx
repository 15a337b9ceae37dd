import './style/bridges.css';
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Bridge } from '../session/api.ts';
import { dial, nearestFirst, type Place } from '../session/dial.ts';
import { useEntranceText } from '../text/entrance/entrance.ts';
import type { Language } from '../text/texts.ts';
import { Button } from './button.tsx';
import { Icon } from './icons.tsx';
import { useText } from './services.ts';

/** The numbers to call, those of the guest's country first: links that dial, codes to read and to copy. */
export function Bridges({ bridges }: { bridges: readonly Bridge[] }): JSX.Element {
  const t = useText();
  const { t: say, language } = useEntranceText();
  const copied = useSignal('');
  const sorted = useMemo(() => nearestFirst(bridges, here()), [bridges]);
  if (bridges.length === 0) return <p class="empty">{t('conference.bridges.none')}</p>;
  const copy = async (code: string) => {
    copied.value = '';
    try {
      await navigator.clipboard.writeText(code);
      copied.value = say('call.copied', { code });
    } catch {
      copied.value = say('call.copy.failed', { code });
    }
  };
  return (
    <>
      <ul class="bridges" data-testid="bridges">
        {sorted.map((bridge) => (
          <li key={bridge.kind + bridge.number + bridge.code}>
            <Icon name={bridge.kind === 'audio' ? 'phone' : 'camera'} />
            <div class="bridge">
              <p class="bridge-label">
                {[
                  bridge.label ||
                    t(bridge.kind === 'audio' ? 'conference.audio' : 'conference.video'),
                  countryName(bridge.country, language),
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </p>
              <p class="bridge-number">
                <Number bridge={bridge} />
              </p>
            </div>
            {bridge.code && (
              <p class="bridge-code">
                <span>{t('conference.code')}</span> <strong>{bridge.code}</strong>
                <Button
                  look="quiet"
                  testid="copy-code"
                  label={say('call.copy.label', { code: bridge.code })}
                  onClick={() => void copy(bridge.code)}
                >
                  {say('call.copy')}
                </Button>
              </p>
            )}
          </li>
        ))}
      </ul>
      <p class="bridge-copied" role="status" data-testid="copied">
        {copied.value}
      </p>
    </>
  );
}

function Number({ bridge }: { bridge: Bridge }): JSX.Element {
  const { t: say } = useEntranceText();
  const dialled = dial(bridge, dialsCodes());
  const number = <bdi>{bridge.number}</bdi>;
  if (dialled === null) return number;
  const label = dialled.href.startsWith('tel:')
    ? say(dialled.code ? 'call.with' : 'call.without', { number: bridge.number })
    : say('call.open', { number: bridge.number });
  return (
    <a href={dialled.href} aria-label={label} title={label} data-testid="dial">
      {number}
    </a>
  );
}

/** Phones dial a code after pauses; programs on a computer often take it for a part of the number. */
function dialsCodes(): boolean {
  return window.matchMedia('(pointer: coarse)').matches;
}

function here(): Place {
  return {
    languages: navigator.languages,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    zonesOf: (country) => {
      const locale: Intl.Locale & { getTimeZones?(): string[] | undefined } = new Intl.Locale(
        `und-${country}`,
      );
      return locale.getTimeZones?.() ?? [];
    },
  };
}

/** "FR" as people say it; what is no code stays as the organizer wrote it. */
function countryName(country: string, language: Language): string {
  if (!/^[A-Za-z]{2}$/.test(country)) return country;
  try {
    const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'code' });
    return names.of(country.toUpperCase()) ?? country;
  } catch {
    return country;
  }
}
