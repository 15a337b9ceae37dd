import { Problem } from '../problem.ts';
import type { Listing } from '../documents/api.ts';
import type { DocumentsParts } from '../work.ts';

/** Documents of a conference without a server; everything but the list says no. */
export function papers(
  listing: Listing | null = null,
  more: Partial<DocumentsParts['api']> = {},
): DocumentsParts {
  const refused = () => Promise.reject(new Problem('forbidden', { status: 403 }));
  return {
    api: {
      list: () => (listing === null ? new Promise(() => {}) : Promise.resolve(listing)),
      announce: refused,
      renew: refused,
      complete: refused,
      link: refused,
      remove: refused,
      ...more,
    },
    send: refused,
    load: refused,
    open: refused,
    timers: { now: () => 0, after: () => () => {} },
    random: () => 0,
  };
}
