import { iceServerOf } from '../api.ts';
import { asProblem, problemOf } from '../problem.ts';
import { fetchWithin, type Fetch } from '../request.ts';
import { fields, list, named, oneOf, optionalText, text, type Fields } from '../shape.ts';
import type { Timers } from '../timers.ts';

/** A relay that may be tested. */
export interface TestRelay {
  id: string;
  region: string;
  relay: { whip: string; whep: string; control: string };
  iceServers: RTCIceServer[];
}

export const families = ['ipv4', 'ipv6'] as const;
export type Family = (typeof families)[number];

/** A private test room on every relay, for a quarter of an hour. */
export interface TestSession {
  id: string;
  serverTime: string;
  expiresAt: string;
  client: { address: string; family: Family };
  relays: TestRelay[];
}

/** A report that the server waits for. */
export interface PendingReport {
  id: string;
  code: string;
  upload: { method: string; url: string; headers: Readonly<Record<string, string>> };
}

export interface ReportDraft {
  size: number;
  sha256: string;
  summary: Fields;
  session?: string;
}

const patience = 8000;

/** The portal's calls of the diagnostic tool. Every method throws a Problem when it does not succeed. */
export class DiagnosticApi {
  readonly #from: { fetch: Fetch; timers: Timers };

  constructor(from: { fetch: Fetch; timers: Timers }) {
    this.#from = from;
  }

  session(milliseconds = patience): Promise<TestSession> {
    return this.#call('/diagnostics/sessions', {}, sessionOf, milliseconds);
  }

  /** A join token for the test room on that relay. */
  token(session: string, relay: string): Promise<string> {
    const path = `/diagnostics/sessions/${encodeURIComponent(session)}/tokens`;
    return this.#call(path, { relay }, (body) => named(body, 'token'));
  }

  announce(draft: ReportDraft): Promise<PendingReport> {
    return this.#call('/diagnostics', draft, pendingOf);
  }

  /** Another upload for a report whose first one was cut. */
  renew(report: string): Promise<PendingReport> {
    const path = `/diagnostics/${encodeURIComponent(report)}/upload`;
    return this.#call(path, undefined, pendingOf);
  }

  /** Gives the spoken code. */
  complete(report: string): Promise<string> {
    const path = `/diagnostics/${encodeURIComponent(report)}/complete`;
    return this.#call(path, undefined, (body) => named(body, 'code'));
  }

  /** Erases a report of one's own. */
  withdraw(report: string): Promise<void> {
    const path = `/diagnostics/${encodeURIComponent(report)}`;
    return this.#call(path, undefined, () => {}, patience, 'DELETE');
  }

  async #call<T>(
    path: string,
    body: unknown,
    read: (body: Fields) => T,
    milliseconds = patience,
    method = 'POST',
  ): Promise<T> {
    const init: RequestInit = {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json' },
    };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    }
    try {
      const url = `/api/v1${path}`;
      return await fetchWithin(this.#from, milliseconds, url, init, async (response) => {
        if (!response.ok) throw await problemOf(response);
        const answer: unknown = response.status === 204 ? {} : await response.json();
        return read(fields(answer, 'answer'));
      });
    } catch (cause) {
      throw asProblem(cause);
    }
  }
}

function sessionOf(body: Fields): TestSession {
  const client = fields(body['client'], 'client');
  return {
    id: named(body, 'id'),
    serverTime: named(body, 'serverTime'),
    expiresAt: named(body, 'expiresAt'),
    client: { address: optionalText(client, 'address'), family: oneOf(client, 'family', families) },
    relays: list(body, 'relays', relayOf),
  };
}

function relayOf(value: unknown): TestRelay {
  const body = fields(value, 'relay');
  const relay = fields(body['relay'], 'relay');
  return {
    id: named(body, 'id'),
    region: optionalText(body, 'region'),
    relay: {
      whip: named(relay, 'whip'),
      whep: named(relay, 'whep'),
      control: named(relay, 'control'),
    },
    iceServers: list(body, 'iceServers', iceServerOf),
  };
}

function pendingOf(body: Fields): PendingReport {
  const upload = fields(body['upload'], 'upload');
  const headers = fields(upload['headers'] ?? {}, 'headers');
  return {
    id: named(body, 'id'),
    code: named(body, 'code'),
    upload: {
      method: named(upload, 'method'),
      url: named(upload, 'url'),
      headers: Object.fromEntries(Object.keys(headers).map((name) => [name, text(headers, name)])),
    },
  };
}
