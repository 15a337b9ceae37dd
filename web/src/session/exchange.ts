/** One offer and answer over HTTP, the same for WHIP (RFC 9725) and WHEP. */
import { Problem, problemOf } from './problem.ts';
import { fetchWithin, type Fetch } from './request.ts';
import type { Timers } from './timers.ts';

export interface Exchanged {
  answer: string;
  /** Where the session lives; empty when the relay named no place. */
  location: string;
}

export function offer(
  from: { fetch: Fetch; timers: Timers },
  endpoint: string,
  token: string,
  sdp: string,
  milliseconds: number,
): Promise<Exchanged> {
  const init: RequestInit = {
    method: 'POST',
    mode: 'cors',
    credentials: 'omit',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/sdp' },
    body: sdp,
  };
  return fetchWithin(from, milliseconds, endpoint, init, async (response) => {
    if (!response.ok) throw await problemOf(response);
    if (response.status !== 201) throw new Problem('unexpected', { status: response.status });
    // RFC 9725, section 4.2: the location may be relative to the endpoint.
    const location = response.headers.get('Location');
    return {
      answer: await response.text(),
      location: location === null ? '' : new URL(location, endpoint).href,
    };
  });
}

/** Gives the session back. Works while the page goes away; a failure is harmless: it times out. */
export function release(fetch: Fetch, location: string, token: string): void {
  if (location === '') return;
  fetch(location, {
    method: 'DELETE',
    mode: 'cors',
    credentials: 'omit',
    keepalive: true,
    headers: { Authorization: `Bearer ${token}` },
  }).catch(() => {});
}
