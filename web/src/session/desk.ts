import { asProblem, Problem, problemOf } from './problem.ts';
import { fetchWithin, type Fetch } from './request.ts';
import { serverOf, type ServerRecord } from './server.ts';
import { fields, list, named, oneOf, optionalText, text, type Fields } from './shape.ts';
import type { Timers } from './timers.ts';

export const states = ['new', 'seen', 'closed'] as const;
export type State = (typeof states)[number];

/** What the desk's list says of a report. */
export interface Listed {
  code: string;
  status: State;
  size: number;
  summary: Fields;
  note: string;
  receivedAt: string;
  expiresAt: string;
}

/** A report that was opened: its version, and a link to its file that works for minutes. */
export interface Pulled extends Listed {
  etag: string;
  url: string;
  /** What the servers know of the session that made it; null without one. */
  server: ServerRecord | null;
}

export interface Filter {
  status: State | '';
  /** Days back; 0 is all. */
  days: number;
}

export interface Entry {
  at: string;
  actor: string;
  action: string;
}

export interface Deps {
  fetch: Fetch;
  timers: Timers;
  now(): Date;
}

const patience = 15_000;
const filePatience = 60_000;

/** The calls of support, with its key. Every method throws a Problem when it does not succeed. */
export class DeskApi {
  readonly #from: Deps;
  readonly #key: string;

  constructor(from: Deps, key: string) {
    this.#from = from;
    this.#key = key;
  }

  async list(filter: Filter, cursor: string): Promise<{ items: Listed[]; next: string }> {
    const query = new URLSearchParams({ limit: '25' });
    if (filter.status !== '') query.set('status', filter.status);
    if (filter.days > 0) {
      const from = new Date(this.#from.now().getTime() - filter.days * 86_400_000);
      query.set('from', from.toISOString());
    }
    if (cursor !== '') query.set('cursor', cursor);
    return this.#call('GET', `/support/diagnostics?${query}`, {}, async (response) => {
      const page = fields(await response.json(), 'page');
      return { items: list(page, 'items', listedOf), next: optionalText(page, 'nextCursor') };
    });
  }

  /** Takes a code as it was typed. */
  pull(code: string): Promise<Pulled> {
    return this.#call('GET', path(code), {}, async (response) => {
      const body = fields(await response.json(), 'report');
      const etag = response.headers.get('ETag') ?? '*';
      const url = named(fields(body['download'], 'download'), 'url');
      return { ...listedOf(body), etag, url, server: serverOf(body['server']) };
    });
  }

  change(report: Pulled, changes: { status?: State; note?: string }): Promise<Pulled> {
    const init = {
      body: JSON.stringify(changes),
      headers: { 'Content-Type': 'application/json', 'If-Match': report.etag },
    };
    return this.#call('PATCH', path(report.code), init, async (response) => {
      const etag = response.headers.get('ETag') ?? '*';
      const { url, server } = report;
      return { ...listedOf(await response.json()), etag, url, server };
    });
  }

  erase(report: Pulled): Promise<void> {
    return this.#call('DELETE', path(report.code), {}, () => Promise.resolve());
  }

  trail(code: string): Promise<Entry[]> {
    const query = new URLSearchParams({ code, limit: '50' });
    return this.#call('GET', `/support/audit?${query}`, {}, async (response) =>
      list(fields(await response.json(), 'page'), 'items', entryOf),
    );
  }

  /** The report's file, from where the link leads: the key is not sent there. */
  async file(report: Pulled): Promise<string> {
    const init: RequestInit = { method: 'GET', credentials: 'omit', cache: 'no-store' };
    try {
      return await fetchWithin(this.#from, filePatience, report.url, init, async (response) => {
        if (!response.ok) throw new Problem('unexpected', { status: response.status });
        return response.text();
      });
    } catch (cause) {
      throw asProblem(cause);
    }
  }

  async #call<T>(
    method: string,
    to: string,
    more: { body?: string; headers?: Record<string, string> },
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const init: RequestInit = {
      method,
      credentials: 'omit',
      cache: 'no-store',
      ...more,
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${this.#key}`,
        ...more.headers,
      },
    };
    try {
      return await fetchWithin(this.#from, patience, `/api/v1${to}`, init, async (response) => {
        if (!response.ok) throw await problemOf(response);
        return read(response);
      });
    } catch (cause) {
      throw asProblem(cause);
    }
  }
}

function path(code: string): string {
  return `/support/diagnostics/${encodeURIComponent(code)}`;
}

function listedOf(value: unknown): Listed {
  const from = fields(value, 'report');
  return {
    code: named(from, 'code'),
    status: oneOf(from, 'status', states),
    size: Number(from['size']),
    summary: fields(from['summary'], 'summary'),
    note: optionalText(from, 'note'),
    receivedAt: text(from, 'receivedAt'),
    expiresAt: text(from, 'expiresAt'),
  };
}

function entryOf(value: unknown): Entry {
  const from = fields(value, 'entry');
  return { at: text(from, 'at'), actor: text(from, 'actor'), action: text(from, 'action') };
}
