import './early.css';
import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { Conference } from '../../session/api.ts';
import { Opening } from '../../session/opening.ts';
import { useEntranceText } from '../../text/entrance/entrance.ts';
import { Button } from '../../ui/button.tsx';
import { useServices } from '../../ui/services.ts';
import { saveFile } from '../../ui/save.ts';
import { appointment } from './appointment.ts';
import { regional, remaining, spoken, spokenMark, written } from './moment.ts';

/** For who comes before the conference opens: when that is, and the way in by itself. */
export function Early({ conference }: { conference: Conference }): JSX.Element {
  const { t } = useEntranceText();
  const opening = useOpening(conference);
  const opens = opening.opens.value;
  const left = opens.phase === 'waiting' ? opens.left : 0;
  return (
    <section class="card" aria-labelledby="early-title" data-testid="early">
      <h2 id="early-title">{t('early.title')}</h2>
      <When conference={conference} />
      <Countdown left={left} />
      <p>{t(left > hour * 12 ? 'early.long' : 'early.text')}</p>
      {conference.startsAt !== '' && <ToCalendar conference={conference} />}
    </section>
  );
}

const hour = 3600;

/** Waits for as long as it is drawn; goes in when the conference opens. */
function useOpening({ opensIn }: Conference): Opening {
  const { portal, outside } = useServices();
  const opening = useMemo(
    () =>
      new Opening(
        {
          admission: () => portal.api.admission(),
          timers: outside.timers,
          random: Math.random,
        },
        opensIn,
      ),
    // Made once: what the server says afterwards it hears itself.
    [portal, outside],
  );
  useEffect(() => {
    const wake = () => {
      if (document.visibilityState === 'visible') opening.askNow();
    };
    opening.open();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', wake);
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', wake);
      opening.close();
    };
  }, [opening]);
  useSignalEffect(() => {
    const opens = opening.opens.value;
    const admission = opening.latest.value;
    if (opens.phase === 'refused') portal.refused(opens.problem);
    if (admission !== null) portal.renewed(admission);
    if (opens.phase === 'open' && opens.waited) {
      performance.mark('coopnet:submit');
      portal.router.go('/tool');
    }
  });
  return opening;
}

function When({ conference: { opensAt, timezone } }: { conference: Conference }): JSX.Element {
  const { t, language } = useEntranceText();
  const at = new Date(opensAt);
  if (Number.isNaN(at.getTime())) return <p>{t('early.soon')}</p>;
  const locale = regional(language, navigator.languages);
  const here = written(at, locale);
  const there = timezone === '' ? null : written(at, locale, timezone);
  return (
    <>
      <p data-testid="opens-at">{t('early.opens', { when: here?.text ?? opensAt })}</p>
      {there !== null && there.clock !== here?.clock && (
        <p class="small" data-testid="opens-there">
          {t('early.there', { when: there.text, zone: timezone.replaceAll('_', ' ') })}
        </p>
      )}
    </>
  );
}

/** The clock is for the eyes; a screen reader hears of it at a few marks only. */
function Countdown({ left }: { left: number }): JSX.Element {
  const { t, language } = useEntranceText();
  return (
    <div class="early-left">
      <span aria-hidden="true">{left > 0 && t('early.left')}</span>
      <strong aria-hidden="true" data-testid="left">
        {left > 0 ? remaining(left, language) : t('early.soon')}
      </strong>
      <p class="early-said" role="status" data-testid="left-said">
        {left > 0 ? t('early.said', { time: spoken(spokenMark(left), language) }) : t('early.soon')}
      </p>
    </div>
  );
}

function ToCalendar({ conference }: { conference: Conference }): JSX.Element {
  const { outside } = useServices();
  const { t } = useEntranceText();
  const save = () => {
    const text = appointment(
      {
        uid: conference.id,
        title: conference.title || conference.name,
        startsAt: conference.startsAt,
        endsAt: conference.endsAt,
        address: `${location.origin}/`,
      },
      outside.now(),
    );
    saveFile(new Blob([text], { type: 'text/calendar' }), t('early.calendar.file'));
  };
  return (
    <Button testid="calendar" icon="download" onClick={save}>
      {t('early.calendar')}
    </Button>
  );
}
