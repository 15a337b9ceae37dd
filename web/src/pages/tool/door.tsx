import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Waiting } from '../../session/api.ts';
import type { Attendance } from '../../session/attendance.ts';
import { Door } from '../../session/door.ts';
import { systemTimers } from '../../session/timers.ts';
import type { Translate } from '../../text/texts.ts';
import { Alert } from '../../ui/alert.tsx';
import { Button } from '../../ui/button.tsx';
import { useServices, useText } from '../../ui/services.ts';

/** For people of the company: who waits to be let in. */
export function Doorkeeper({ attendance }: { attendance: Attendance }): JSX.Element | null {
  const { api } = useServices().portal;
  const door = useMemo(
    () =>
      new Door({
        lobby: () => api.lobby(),
        decide: (participant, admit) => api.decide(participant, admit),
        timers: systemTimers,
      }),
    [api],
  );
  useEffect(() => () => door.close(), [door]);
  useSignalEffect(() => {
    if (keeps(attendance)) door.open();
    else door.close();
  });
  return keeps(attendance) ? <AtTheDoor door={door} /> : null;
}

/** Only who is in the conference, and no guest. */
function keeps({ control }: Attendance): boolean {
  const role = control.grant.value?.participant.role ?? 'guest';
  return role !== 'guest' && control.state.value.phase === 'open';
}

/** The line is always there, so that a screen reader hears it change. */
export function AtTheDoor({ door }: { door: Door }): JSX.Element {
  const t = useText();
  const place = useRef<HTMLDivElement>(null);
  const { people, waiting } = door.seen.value;
  const decide = (id: string, admit: boolean) => {
    // The button goes with its line, and perhaps the list: the focus stays here.
    place.current?.focus();
    void door.decide(id, admit);
  };
  return (
    <div class="door" ref={place} tabIndex={-1} role="group" aria-label={t('door.title')}>
      <p class="door-said" role="status" data-testid="door-said">
        {doorText(door.seen.value, t)}
      </p>
      {people.length > 0 && (
        <section aria-labelledby="door" data-testid="door">
          <h2 id="door">
            {t('door.title')} <span class="count">{waiting}</span>
          </h2>
          <ul class="people">
            {people.map(({ id, name }) => (
              <li key={id} data-testid="knock" data-id={id}>
                <span class="person">
                  <bdi>{name}</bdi> <span class="marks">({t('tool.guest')})</span>
                </span>
                <Button
                  testid="admit"
                  look="primary"
                  label={t('door.admit.label', { name })}
                  onClick={() => decide(id, true)}
                >
                  {t('door.admit')}
                </Button>
                <Button
                  testid="refuse"
                  look="quiet"
                  label={t('door.refuse.label', { name })}
                  onClick={() => decide(id, false)}
                >
                  {t('door.refuse')}
                </Button>
              </li>
            ))}
          </ul>
          {waiting > people.length && <p>{t('door.more', { count: waiting - people.length })}</p>}
          <p class="small">{t('door.hint')}</p>
        </section>
      )}
      {door.problem.value !== null && (
        <Alert kind="refusal" testid="door-failed">
          <p>{t('door.failed')}</p>
        </Alert>
      )}
    </div>
  );
}

/** One sentence for who cannot see the list. */
export function doorText({ people, waiting }: Waiting, t: Translate): string {
  const name = people[0]?.name ?? '';
  if (waiting <= 0) return '';
  return waiting === 1 ? t('door.one', { name }) : t('door.many', { count: waiting, name });
}
