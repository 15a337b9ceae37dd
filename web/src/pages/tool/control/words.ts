import type { RemoteNotice } from '../../../session/remote.ts';
import type { RemoteText } from '../../../text/remote/remote.ts';

/** Why there is no control, or not any more. */
export function noticeText({ what, granted, name }: RemoteNotice, t: RemoteText['t']): string {
  return granted ? t(`end.${endOf(what)}`, { name }) : t(`no.${refusalOf(what)}`, { name });
}

function endOf(what: RemoteNotice['what']) {
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

function refusalOf(what: RemoteNotice['what']) {
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
