/** The API's calls of documents. */
import { asProblem, problemOf } from '../problem.ts';
import { fetchWithin, type Fetch } from '../request.ts';
import { count, fields, flag, list, named, optionalText, text, type Fields } from '../shape.ts';
import type { Timers } from '../timers.ts';

/** A file that somebody gives to everybody in the conference. Its name and type are what that person says. */
export interface SharedDocument {
  id: string;
  name: string;
  type: string;
  size: number;
  by: { id: string; name: string };
  addedAt: string;
  /** This participant has added it. */
  own: boolean;
}

export interface Limits {
  /** Bytes of one document. */
  size: number;
  /** Documents, and bytes, of the whole conference. */
  count: number;
  total: number;
}

export interface Listing {
  items: SharedDocument[];
  limits: Limits;
  mayAdd: boolean;
  /** What others have added, too. */
  mayDelete: boolean;
}

/** The one request that stores the file. */
export interface Upload {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
}

export interface Announced {
  id: string;
  upload: Upload;
}

export interface Draft {
  name: string;
  type: string;
  size: number;
  sha256: string;
}

const patience = 15_000;

/** Every method throws a Problem when it does not succeed. */
export class DocumentsApi {
  readonly #from: { fetch: Fetch; timers: Timers };

  constructor(from: { fetch: Fetch; timers: Timers }) {
    this.#from = from;
  }

  list(): Promise<Listing> {
    return this.#call('GET', '', undefined, listingOf);
  }

  announce(draft: Draft): Promise<Announced> {
    return this.#call('POST', '', draft, announcedOf);
  }

  /** Another upload for a document whose file did not arrive. */
  renew(id: string): Promise<Announced> {
    return this.#call('POST', `/${encodeURIComponent(id)}/upload`, undefined, announcedOf);
  }

  complete(id: string): Promise<SharedDocument> {
    return this.#call('POST', `/${encodeURIComponent(id)}/complete`, undefined, documentOf);
  }

  /** Where the file can be had for some minutes. */
  link(id: string): Promise<string> {
    return this.#call('GET', `/${encodeURIComponent(id)}/content`, undefined, (body) =>
      named(body, 'url'),
    );
  }

  remove(id: string): Promise<void> {
    return this.#call('DELETE', `/${encodeURIComponent(id)}`, undefined, () => {});
  }

  async #call<T>(
    method: string,
    path: string,
    body: unknown,
    read: (body: Fields) => T,
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
    const url = `/api/v1/documents${path}`;
    try {
      return await fetchWithin(this.#from, patience, url, init, async (response) => {
        if (!response.ok) throw await problemOf(response);
        return read(response.status === 204 ? {} : fields(await response.json(), 'answer'));
      });
    } catch (cause) {
      throw asProblem(cause);
    }
  }
}

function listingOf(from: Fields): Listing {
  const limits = fields(from['limits'], 'limits');
  return {
    items: list(from, 'items', documentOf),
    limits: {
      size: count(limits, 'size'),
      count: count(limits, 'count'),
      total: count(limits, 'total'),
    },
    mayAdd: flag(from, 'mayAdd'),
    mayDelete: flag(from, 'mayDelete'),
  };
}

function documentOf(value: unknown): SharedDocument {
  const from = fields(value, 'document');
  const by = fields(from['by'], 'by');
  return {
    id: named(from, 'id'),
    name: text(from, 'name'),
    type: optionalText(from, 'type'),
    size: count(from, 'size'),
    by: { id: text(by, 'id'), name: text(by, 'name') },
    addedAt: text(from, 'addedAt'),
    own: flag(from, 'own'),
  };
}

function announcedOf(from: Fields): Announced {
  const upload = fields(from['upload'], 'upload');
  const headers = fields(upload['headers'], 'headers');
  return {
    id: named(from, 'id'),
    upload: {
      method: named(upload, 'method'),
      url: named(upload, 'url'),
      headers: Object.fromEntries(Object.keys(headers).map((name) => [name, text(headers, name)])),
    },
  };
}
