import type { RemoteNotice } from '../../../session/remote.ts';
import type { RemoteText } from '../../../text/remote/remote.ts';

/** Why there is no control, or not any more, or what went wrong while it lasts. */
export function noticeText({ what, granted, name }: RemoteNotice, t: RemoteText['t']): string {
  if (what === 'lossy' || what === 'long') return t(`input.${what}`, { name });
  return granted ? t(`end.${endOf(what)}`, { name }) : t(`no.${refusalOf(what)}`, { name });
}

/** Over, or never begun. */
type Over = Exclude<RemoteNotice['what'], 'lossy' | 'long'>;

function endOf(what: Over) {
  switch (what) {
    case 'stopped':
    case 'idle':
    case 'expired':
    case 'left':
    case 'reconnected':
    case 'ended':
    case 'removed':
      return what;
    default:
      return 'other';
  }
}

function refusalOf(what: Over) {
  switch (what) {
    case 'reconnected':
      return 'lost';
    case 'left':
    case 'removed':
    case 'released':
    case 'stopped':
    case 'idle':
      return 'gone';
    default:
      return what;
  }
}
