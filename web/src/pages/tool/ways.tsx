import type { JSX } from 'preact';
import type { Attendance } from '../../session/attendance.ts';
import type { Way } from '../../session/way.ts';
import type { Translate } from '../../text/texts.ts';
import { useText } from '../../ui/services.ts';

/** By which way the picture comes and the own share goes: to be read, by support too, and never announced. */
export function Ways({ attendance }: { attendance: Attendance }): JSX.Element {
  const t = useText();
  const { viewer, publisher, viewed, control } = attendance;
  const own = viewed.value?.participant === control.room.value?.self;
  // A new share has a new link.
  const sharing = publisher.state.value.phase !== 'idle';
  const ways = {
    picture: own ? null : viewer.link.way.value,
    share: sharing ? (publisher.link?.way.value ?? null) : null,
  };
  return (
    <>
      {(['picture', 'share'] as const).map((what) => {
        const way = ways[what];
        return (
          way !== null && (
            <p class="small" key={what} data-testid={`way-${what}`} data-way={way.kind}>
              {t(`way.${what}`, { way: wayText(way, t) })}
            </p>
          )
        );
      })}
    </>
  );
}

export function wayText({ kind, port }: Way, t: Translate): string {
  if (kind === 'turn-tls' && port !== null) return t('way.turn-tls.port', { port });
  return t(`way.${kind}`);
}
