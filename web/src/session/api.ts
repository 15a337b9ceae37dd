import { asProblem, Problem, problemOf, waitingOf } from './problem.ts';
import { fetchWithin, type Fetch } from './request.ts';
import {
  count,
  fields,
  flag,
  list,
  named,
  oneOf,
  optionalText,
  text,
  textItem,
  type Fields,
} from './shape.ts';
import type { Timers } from './timers.ts';
import { roles, type Role } from './wire.ts';

export const bridgeKinds = ['audio', 'video'] as const;

export interface Bridge {
  kind: (typeof bridgeKinds)[number];
  label: string;
  country: string;
  number: string;
  code: string;
}

export interface Conference {
  id: string;
  name: string;
  title: string;
  startsAt: string;
  endsAt: string;
  /** `scheduled`: admitted, and join tokens come when it opens. */
  status: string;
  opensAt: string;
  /** Seconds until it opens, by the server's clock. */
  opensIn: number;
  /** The organizer's, an IANA name; may be empty. */
  timezone: string;
  welcome: string;
  supportContact: string;
  bridges: Bridge[];
}

export interface Identity {
  title: string;
  name: string;
  email: string;
}

export const nexts = ['identify', 'software', 'join'] as const;
export type Next = (typeof nexts)[number];

export interface Admission {
  conference: Conference;
  identity: Identity | null;
  /** The identity is the company's, and stays. */
  signedIn: boolean;
  next: Next;
}

/** What this deployment offers to colleagues. */
export interface Site {
  signIn: boolean;
  needsPassword: boolean;
}

/** A colleague who has signed in. */
export interface Session {
  name: string;
  email: string;
}

/** What somebody types, character for character, or the code of an invitation link; a colleague types the name alone. */
export type Credentials = { name: string; password?: string } | { invitation: string };

/** A relay, and what opens it. */
export interface RelayWay {
  token: string;
  relay: { whip: string; whep: string; control: string };
  iceServers: RTCIceServer[];
}

export interface JoinToken extends RelayWay {
  participant: { id: string; name: string; role: Role };
  permissions: string[];
  /** For who cannot reach the relay. */
  alternates: RelayWay[];
}

/** Who waits to be let in: all are counted, the first of them are named. */
export interface Waiting {
  waiting: number;
  people: { id: string; name: string }[];
  /** Seconds until it is worth looking again. */
  retryAfter: number;
}

const usualPatience = 15_000;
/** Seconds that somebody waits for a page without a word. */
const longestPause = 5;

/** The portal's own API. Every method throws a Problem when it does not succeed. */
export class Api {
  readonly #from: { fetch: Fetch; timers: Timers };

  constructor(from: { fetch: Fetch; timers: Timers }) {
    this.#from = from;
  }

  admit(credentials: Credentials): Promise<Admission> {
    return this.#patiently(() =>
      this.#call('POST', '/admissions', credentials, whole(admissionOf)),
    );
  }

  /** The admission that this browser has, with the conference as it is now. */
  admission(): Promise<Admission> {
    return this.#call('GET', '/admissions', undefined, whole(admissionOf));
  }

  /** Gives the admission back: this browser has to ask again. */
  leave(): Promise<void> {
    return this.#call('DELETE', '/admissions', undefined, () => {});
  }

  /** Null for nobody. */
  identity(): Promise<Identity | null> {
    return this.#call('GET', '/identity', undefined, (body) =>
      body === null ? null : identityOf(fields(body, 'identity')),
    );
  }

  identify(identity: Identity, remember: boolean): Promise<Identity> {
    return this.#patiently(() =>
      this.#call('PUT', '/identity', { ...identity, remember }, whole(identityOf)),
    );
  }

  forget(): Promise<void> {
    return this.#call('DELETE', '/identity', undefined, () => {});
  }

  site(): Promise<Site> {
    return this.#call('GET', '/site', undefined, whole(siteOf));
  }

  /** Null for nobody. */
  session(): Promise<Session | null> {
    return this.#call('GET', '/session', undefined, (body) =>
      body === null ? null : sessionOf(fields(body, 'session')),
    );
  }

  signOut(): Promise<void> {
    return this.#call('DELETE', '/session', undefined, () => {});
  }

  /** Throws the problem `waiting` while nobody has let this guest in. */
  joinToken(milliseconds: number): Promise<JoinToken> {
    return this.#call(
      'POST',
      '/join-tokens',
      { mode: 'browser' },
      whole(joinTokenOf),
      milliseconds,
    );
  }

  lobby(): Promise<Waiting> {
    return this.#call('GET', '/lobby', undefined, whole(waitingPeople));
  }

  decide(participant: string, admit: boolean): Promise<void> {
    return this.#call('POST', `/lobby/${encodeURIComponent(participant)}`, { admit }, () => {});
  }

  /** What the software of a participant who shares believes of who asks for control. */
  controlToken(participant: string): Promise<string> {
    return this.#call(
      'POST',
      '/control-tokens',
      { participant },
      whole((body) => named(body, 'token')),
    );
  }

  /** At the top of an hour the server may be busy for seconds: nobody has to press a button again for it. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let left = 2; ; left--) {
      try {
        return await ask();
      } catch (cause) {
        const problem = asProblem(cause);
        const pause = problem.code === 'unavailable' ? problem.retryAfter : null;
        if (left === 0 || pause === null || pause > longestPause) throw problem;
        await new Promise<void>((go) => void this.#from.timers.after(pause * 1000, go));
      }
    }
  }

  async #call<T>(
    method: string,
    path: string,
    body: unknown,
    read: (body: unknown) => T,
    milliseconds = usualPatience,
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
      return await fetchWithin(
        this.#from,
        milliseconds,
        `/api/v1${path}`,
        init,
        async (response) => {
          if (!response.ok) throw await problemOf(response);
          if (response.status === 202) throw waitingOf(response);
          return read(response.status === 204 ? null : await response.json());
        },
      );
    } catch (cause) {
      throw asProblem(cause);
    }
  }
}

/** Reads an admission answer; also used for the copy that the page keeps across a reload. */
export function admissionOf(body: Fields): Admission {
  const identity = body['identity'];
  return {
    conference: conferenceOf(body['conference']),
    identity:
      identity === null || identity === undefined ? null : identityOf(fields(identity, 'identity')),
    signedIn: flag(body, 'signedIn'),
    next: oneOf(body, 'next', nexts),
  };
}

function conferenceOf(value: unknown): Conference {
  const from = fields(value, 'conference');
  return {
    id: named(from, 'id'),
    name: text(from, 'name'),
    title: optionalText(from, 'title'),
    startsAt: optionalText(from, 'startsAt'),
    endsAt: optionalText(from, 'endsAt'),
    status: optionalText(from, 'status'),
    opensAt: optionalText(from, 'opensAt'),
    opensIn: from['opensIn'] === undefined ? 0 : count(from, 'opensIn'),
    timezone: optionalText(from, 'timezone'),
    welcome: optionalText(from, 'welcome'),
    supportContact: optionalText(from, 'supportContact'),
    bridges: from['bridges'] ? list(from, 'bridges', bridgeOf) : [],
  };
}

function bridgeOf(value: unknown): Bridge {
  const from = fields(value, 'bridge');
  return {
    kind: oneOf(from, 'kind', bridgeKinds),
    label: optionalText(from, 'label'),
    country: optionalText(from, 'country'),
    number: text(from, 'number'),
    code: optionalText(from, 'code'),
  };
}

function identityOf(from: Fields): Identity {
  return {
    title: optionalText(from, 'title'),
    name: text(from, 'name'),
    email: optionalText(from, 'email'),
  };
}

function siteOf(from: Fields): Site {
  return { signIn: flag(from, 'signIn'), needsPassword: flag(from, 'needsPassword') };
}

function sessionOf(from: Fields): Session {
  return { name: named(from, 'name'), email: optionalText(from, 'email') };
}

function joinTokenOf(body: Fields): JoinToken {
  const participant = fields(body['participant'], 'participant');
  return {
    ...relayWayOf(body),
    participant: {
      id: named(participant, 'id'),
      name: text(participant, 'name'),
      role: oneOf(participant, 'role', roles),
    },
    permissions: list(body, 'permissions', textItem),
    alternates: body['alternates'] ? list(body, 'alternates', relayWayOf) : [],
  };
}

function relayWayOf(value: unknown): RelayWay {
  const body = fields(value, 'relay');
  const relay = fields(body['relay'], 'relay');
  return {
    token: named(body, 'token'),
    relay: {
      whip: named(relay, 'whip'),
      whep: named(relay, 'whep'),
      control: named(relay, 'control'),
    },
    iceServers: list(body, 'iceServers', iceServerOf),
  };
}

function waitingPeople(body: Fields): Waiting {
  return {
    waiting: count(body, 'waiting'),
    people: list(body, 'items', (item) => {
      const from = fields(item, 'guest');
      return { id: named(from, 'id'), name: text(from, 'name') };
    }),
    retryAfter: count(body, 'retryAfter'),
  };
}

export function iceServerOf(value: unknown): RTCIceServer {
  const from = fields(value, 'ICE server');
  const urls = from['urls'];
  const server: RTCIceServer = {
    urls: typeof urls === 'string' ? urls : list(from, 'urls', textItem),
  };
  if (from['username'] !== undefined) server.username = text(from, 'username');
  if (from['credential'] !== undefined) server.credential = text(from, 'credential');
  return server;
}

/** A reader for an answer that must be an object. */
function whole<T>(read: (body: Fields) => T): (body: unknown) => T {
  return (body) => read(fields(body, 'answer'));
}

/** True when trying again cannot help: the server knows us and says no. */
export function isFinal(problem: Problem): boolean {
  return finalCodes.has(problem.code);
}

const finalCodes: ReadonlySet<string> = new Set([
  'conference-denied',
  'csrf',
  'unauthenticated',
  'forbidden',
  'conflict',
  'view-denied',
  'publish-denied',
  'sdp-invalid',
  'sdp-limit',
]);
