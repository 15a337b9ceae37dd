import type { Timers } from './timers.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** fetch that gives up: the body is read by `read` within the same time. */
export async function fetchWithin<T>(
  from: { fetch: Fetch; timers: Timers },
  milliseconds: number,
  url: string,
  init: RequestInit,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const cancel = from.timers.after(milliseconds, () => abort.abort());
  try {
    return await read(await from.fetch(url, { ...init, signal: abort.signal }));
  } finally {
    cancel();
  }
}
