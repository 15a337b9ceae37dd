/** The API's calls for who joins with the installed software. */
import { asProblem, problemOf } from './problem.ts';
import { fetchWithin, type Fetch } from './request.ts';
import { count, fields, list, named, oneOf, optionalText, text, type Fields } from './shape.ts';
import type { Timers } from './timers.ts';

/** A release of the software that can be installed. */
export interface Release {
  platform: string;
  version: string;
  filename: string;
  size: number;
  sha256: string;
}

export const launchStates = ['waiting', 'redeemed', 'expired'] as const;

/** What has become of a launch code; `version` is that of the software which took it, or was too old to, or empty. */
export interface LaunchState {
  status: (typeof launchStates)[number];
  version: string;
}

const patience = 10_000;

/** Every method throws a Problem when it does not succeed. */
export class LaunchApi {
  readonly #from: { fetch: Fetch; timers: Timers };

  constructor(from: { fetch: Fetch; timers: Timers }) {
    this.#from = from;
  }

  /** The newest release of each platform that has one. */
  releases(): Promise<Release[]> {
    return this.#call('GET', '/software', (body) =>
      'releases' in body ? list(body, 'releases', releaseOf) : [releaseOf(body)],
    );
  }

  /** A code with which the software joins in this page's place, once. */
  begin(): Promise<string> {
    return this.#call('POST', '/launch-codes', (body) => named(body, 'code'));
  }

  look(code: string): Promise<LaunchState> {
    return this.#call('GET', `/launch-codes/${encodeURIComponent(code)}`, (body) => ({
      status: oneOf(body, 'status', launchStates),
      version: optionalText(body, 'version'),
    }));
  }

  async #call<T>(method: string, path: string, read: (body: Fields) => T): Promise<T> {
    const init: RequestInit = {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json' },
    };
    try {
      return await fetchWithin(this.#from, patience, `/api/v1${path}`, init, async (response) => {
        if (!response.ok) throw await problemOf(response);
        return read(fields(await response.json(), 'answer'));
      });
    } catch (cause) {
      throw asProblem(cause);
    }
  }
}

function releaseOf(value: unknown): Release {
  const from = fields(value, 'release');
  return {
    platform: named(from, 'platform'),
    version: named(from, 'version'),
    filename: text(from, 'filename'),
    size: count(from, 'size'),
    sha256: text(from, 'sha256'),
  };
}
