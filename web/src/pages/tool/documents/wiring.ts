import { DocumentsApi, type Upload } from '../../../session/documents/api.ts';
import { Problem } from '../../../session/problem.ts';
import { fetchWithin } from '../../../session/request.ts';
import { systemTimers } from '../../../session/timers.ts';
import type { DocumentsParts } from '../../../session/work.ts';
import { open } from './open.ts';

/** Fifty megabytes on a slow line. */
const patience = 10 * 60_000;
/** A connection on which nothing moves for so long is taken for cut. */
const stalled = 30_000;

/** The browser, as documents want to see it. */
export function documentParts(): DocumentsParts {
  const outside = {
    fetch: (url: string, init: RequestInit) => window.fetch(url, init),
    timers: systemTimers,
  };
  return {
    api: new DocumentsApi(outside),
    timers: systemTimers,
    random: Math.random,
    send,
    open,
    load: (url, most) => {
      // Where files are kept no cookie is needed.
      const init: RequestInit = { method: 'GET', credentials: 'omit', cache: 'no-store' };
      return fetchWithin(outside, patience, url, init, async (response) => {
        if (!response.ok) throw new Problem('unexpected', { status: response.status });
        if (Number(response.headers.get('Content-Length')) > most) throw new Problem('damaged');
        return response.blob();
      });
    },
  };
}

/** Sends a file with one request; fetch would not say how far it is. */
function send(
  { method, url, headers }: Upload,
  file: Blob,
  sent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch = 0;
    const alive = () => {
      clearTimeout(watch);
      watch = window.setTimeout(() => fail(new Problem('timeout')), stalled);
    };
    const end = () => {
      clearTimeout(watch);
      signal.removeEventListener('abort', leave);
    };
    const fail = (cause: unknown) => {
      end();
      request.abort();
      reject(cause);
    };
    const leave = () => fail(signal.reason);
    signal.addEventListener('abort', leave);
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => {
      alive();
      sent(loaded);
    };
    request.onerror = () => fail(new Problem('network'));
    request.onload = () => {
      end();
      const { status } = request;
      if (status >= 200 && status < 300) resolve();
      else reject(new Problem(status >= 500 ? 'unavailable' : 'unexpected', { status }));
    };
    alive();
    request.send(file);
  });
}
