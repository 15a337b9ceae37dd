import type { JSX } from 'preact';
import { sides, ways, type Asked, type Measured, type ServerRecord } from '../../session/server.ts';
import { useDeskText } from '../../text/desk/desk.ts';
import './server.css';

/** What the servers know of the session that made the report, whatever the report itself says. */
export function Server({ server }: { server: ServerRecord }): JSX.Element {
  const { t, when } = useDeskText();
  return (
    <section class="card desk-server" aria-labelledby="server" data-testid="desk-server">
      <h3 id="server">{t('server.title')}</h3>
      <p class="small">
        {t('server.from', { when: when(server.openedAt), network: server.network })}
      </p>
      <h4 id="server-media">{t('server.media')}</h4>
      {server.relays.length === 0 ? (
        <p class="empty">{t('server.media.none')}</p>
      ) : (
        <MediaSessions sessions={server.relays} />
      )}
      <h4 id="server-requests">{t('server.requests')}</h4>
      <Requests requests={server.requests} />
    </section>
  );
}

function MediaSessions({ sessions }: { sessions: readonly Measured[] }): JSX.Element {
  const { t } = useDeskText();
  return (
    <div class="desk-wide">
      <table class="desk-table" aria-labelledby="server-media" data-testid="desk-media">
        <thead>
          <tr>
            <th scope="col">{t('server.at')}</th>
            <th scope="col">{t('server.relay')}</th>
            <th scope="col">{t('server.way')}</th>
            <th scope="col">{t('server.seconds')}</th>
            <th scope="col">{t('server.in')}</th>
            <th scope="col">{t('server.out')}</th>
            <th scope="col">{t('server.lost')}</th>
            <th scope="col">{t('server.rtt')}</th>
            <th scope="col">{t('server.estimate')}</th>
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <MediaLine key={`${session.relay} ${session.id}`} session={session} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MediaLine({ session }: { session: Measured }): JSX.Element {
  const { t, language } = useDeskText();
  const number = (n: number, digits = 0): string =>
    new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(n);
  const carried = (packets: number, bytes: number): string =>
    t('server.carried', { packets: number(packets), size: number(bytes / 1000) });
  const side = sides.find((known) => known === session.side);
  const unknown = t('server.unknown');
  return (
    <tr data-way={session.way}>
      <td data-label={t('server.at')}>{clock(session.at, language)}</td>
      <td data-label={t('server.relay')}>
        <bdi>{session.relay}</bdi>
      </td>
      <td data-label={t('server.way')}>
        {wayText(session, t)}
        <span class="small"> {side ? t(`server.side.${side}`) : session.side}</span>
      </td>
      <td data-label={t('server.seconds')}>
        {t('server.seconds.value', { n: number(session.seconds, 1) })}
      </td>
      <td data-label={t('server.in')}>{carried(session.packetsIn, session.bytesIn)}</td>
      <td data-label={t('server.out')}>{carried(session.packetsOut, session.bytesOut)}</td>
      <td data-label={t('server.lost')}>
        {t('server.lost.value', {
          lost: number(session.lost),
          asked: number(session.nacks),
          again: number(session.retransmissions),
        })}
      </td>
      <td data-label={t('server.rtt')}>
        {session.rtt > 0 ? t('server.rtt.value', { n: number(session.rtt, 1) }) : unknown}
      </td>
      <td data-label={t('server.estimate')}>
        {session.estimate > 0
          ? t('server.estimate.value', { n: number(session.estimate / 1e6, 2) })
          : unknown}
      </td>
    </tr>
  );
}

function wayText(session: Measured, t: ReturnType<typeof useDeskText>['t']): string {
  if (session.way === '') return t('server.way.none');
  const known = ways.find((way) => way === session.way);
  const way = known ? t(`server.way.${known}`) : session.way;
  return session.family === 'ipv6' ? `${way}, IPv6` : way;
}

function Requests({ requests }: { requests: readonly Asked[] }): JSX.Element {
  const { t, language } = useDeskText();
  return (
    <div class="desk-wide">
      <table class="desk-table" aria-labelledby="server-requests" data-testid="desk-requests">
        <thead>
          <tr>
            <th scope="col">{t('server.at')}</th>
            <th scope="col">{t('server.call')}</th>
            <th scope="col">{t('server.status')}</th>
            <th scope="col">{t('server.request')}</th>
          </tr>
        </thead>
        <tbody>
          {requests.map(({ at, call, status, requestId }, i) => (
            <tr key={i} class={status >= 400 ? 'refused' : undefined}>
              <td data-label={t('server.at')}>{clock(at, language)}</td>
              <td data-label={t('server.call')}>
                <code>{call}</code>
              </td>
              <td data-label={t('server.status')}>{status}</td>
              <td data-label={t('server.request')}>
                <code>{requestId}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The time of day to the second: the day is that of the session. */
function clock(iso: string, language: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(at);
}
