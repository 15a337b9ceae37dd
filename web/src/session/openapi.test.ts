import { describe, expect, it } from 'vitest';
import { Api, bridgeKinds, nexts } from './api.ts';
import { DiagnosticApi, families } from './diagnostic/api.ts';
import { DeskApi, states, type Pulled } from './desk.ts';
import { DocumentsApi } from './documents/api.ts';
import { LaunchApi, launchStates } from './launchapi.ts';
import { OpenApi, type Document, type Schema } from './testing/openapi.ts';
import { systemTimers } from './timers.ts';
import { roles } from './wire.ts';
import { signInAddress } from '../colleague.ts';

const served = OpenApi.served();

/** The server that the document describes. `wrong` gathers what the portal and the document disagree about. */
class Described {
  readonly wrong: string[] = [];
  readonly called: string[] = [];
  readonly #document: OpenApi;
  readonly #all: boolean;
  readonly #pick: number;

  constructor(document: OpenApi, all = true, pick = 0) {
    this.#document = document;
    this.#all = all;
    this.#pick = pick;
  }

  readonly fetch = (address: string, init: RequestInit): Promise<Response> => {
    const url = new URL(address, 'https://portal.example');
    const call = `${init.method} ${url.pathname}`;
    this.called.push(call);
    const operation = this.#document.operation(init.method ?? '', url.pathname);
    if (operation === undefined) throw new Error(`${call} is not in openapi.json`);
    this.#compare(call, operation, url, init);
    const success = Object.keys(operation.responses).find((status) => status < '300') ?? '';
    const schema = operation.responses[success]?.content?.['application/json']?.schema;
    const unknown = (key: string) => this.wrong.push(`${call}: the answer has no ${key}`);
    const body = schema && this.#document.example(schema, this.#all, this.#pick, unknown);
    const answer = { ok: true, status: Number(success), headers: new Headers({ ETag: '"7"' }) };
    return Promise.resolve({ ...answer, json: () => Promise.resolve(body) } as Response);
  };

  #compare(
    call: string,
    operation: NonNullable<ReturnType<OpenApi['operation']>>,
    url: URL,
    init: RequestInit,
  ): void {
    const known = this.#document.parameters(operation);
    for (const name of url.searchParams.keys()) {
      if (!known.some((one) => one.in === 'query' && one.name === name)) {
        this.wrong.push(`${call}: the query has ${name}`);
      }
    }
    for (const one of known) {
      if (one.in === 'header' && one.required && !new Headers(init.headers).has(one.name)) {
        this.wrong.push(`${call}: ${one.name} is missing`);
      }
    }
    const schema = operation.requestBody?.content?.['application/json']?.schema;
    if ((schema === undefined) !== (init.body === undefined)) {
      this.wrong.push(`${call}: only one of both knows a body`);
    } else if (schema !== undefined) {
      const faults = this.#document.faults(schema, JSON.parse(String(init.body)));
      this.wrong.push(...faults.map((fault) => `${call}: ${fault}`));
    }
  }
}

const person = { title: 'Mr', name: 'James BOND', email: 'james@example.org' };
const pulled = { code: 'ABCD-EFGH', etag: '"7"', url: 'https://files.example/x' } as Pulled;

/** Every call that the portal can make. A method that is missing here fails the test below. */
function calls(server: Described): Record<string, () => Promise<unknown>> {
  const api = new Api({ fetch: server.fetch, timers: systemTimers });
  const documents = new DocumentsApi({ fetch: server.fetch, timers: systemTimers });
  const plan = { name: 'Plan.pdf', type: 'application/pdf', size: 7, sha256: 'ab'.repeat(32) };
  const now = () => new Date('2026-01-02T03:04:05Z');
  const diagnostic = new DiagnosticApi({ fetch: server.fetch, timers: systemTimers });
  const launch = new LaunchApi({ fetch: server.fetch, timers: systemTimers });
  const draft = { size: 2, sha256: 'a'.repeat(64), summary: { result: 'passed' } };
  const desk = new DeskApi({ fetch: server.fetch, timers: systemTimers, now }, 'key');
  return {
    admit: () => api.admit({ name: 'Team A', password: 'correct horse' }),
    'admit, invited': () => api.admit({ invitation: 'code' }),
    'admit, a colleague': () => api.admit({ name: 'Team A' }),
    admission: () => api.admission(),
    leave: () => api.leave(),
    identity: () => api.identity(),
    identify: () => api.identify(person, true),
    forget: () => api.forget(),
    site: () => api.site(),
    session: () => api.session(),
    signOut: () => api.signOut(),
    joinToken: () => api.joinToken(1000),
    lobby: () => api.lobby(),
    decide: () => api.decide('a b', true),
    controlToken: () => api.controlToken('p'.repeat(26)),
    releases: () => launch.releases(),
    begin: () => launch.begin(),
    look: () => launch.look('a b'),
    'announce, of a document': () => documents.announce(plan),
    'renew, of a document': () => documents.renew('a b'),
    'complete, of a document': () => documents.complete('a b'),
    link: () => documents.link('a b'),
    remove: () => documents.remove('a b'),
    'list, of documents': () => documents.list(),
    list: () => desk.list({ status: 'new', days: 7 }, 'cursor'),
    pull: () => desk.pull('ABCD-EFGH'),
    change: () => desk.change(pulled, { status: 'seen', note: 'called back' }),
    erase: () => desk.erase(pulled),
    'session, of a test': () => diagnostic.session(),
    token: () => diagnostic.token('session', 'eu-1'),
    announce: () => diagnostic.announce(draft),
    'announce, of a session': () => diagnostic.announce({ ...draft, session: 'session' }),
    renew: () => diagnostic.renew('report'),
    complete: () => diagnostic.complete('report'),
    withdraw: () => diagnostic.withdraw('report'),
    trail: () => desk.trail('ABCD-EFGH'),
  };
}

const names = Object.keys(calls(new Described(served)));

describe('the portal and openapi.json agree', () => {
  it('on every call there is', () => {
    const methods = [Api, DiagnosticApi, DeskApi, DocumentsApi, LaunchApi].flatMap((api) =>
      Object.getOwnPropertyNames(api.prototype),
    );
    const tried = new Set(names.map((name) => name.replace(/,.*/, '')));
    // A report's file comes from where its link leads, which is no part of the API.
    expect(methods.filter((name) => !tried.has(name))).toEqual([
      'constructor',
      'constructor',
      'constructor',
      'file',
      'constructor',
      'constructor',
    ]);
  });

  // Six: the most values that an enum of these answers has.
  for (const all of [true, false]) {
    it.each(names)(
      `on %s, answered with ${all ? 'everything' : 'what is required'}`,
      async (name) => {
        for (let pick = 0; pick < 6; pick++) {
          const server = new Described(served, all, pick);
          await calls(server)[name]?.();
          expect(server.called).toHaveLength(1);
          expect(server.wrong).toEqual([]);
        }
      },
    );
  }

  it('on where colleagues sign in', () => {
    const address = new URL(signInAddress, 'https://portal.example');
    const operation = served.operation('GET', address.pathname);
    const known = served.parameters(operation ?? { responses: {} }).map((one) => one.name);
    expect([...address.searchParams.keys()].filter((name) => !known.includes(name))).toEqual([]);
    expect(operation?.responses['303']).toBeDefined();
  });

  it.each([
    ['a bridge’s kinds', bridgeKinds, ['Bridge', 'kind']],
    ['what comes next', nexts, ['Admission', 'next']],
    ['address families', families, ['DiagnosticSession', 'client', 'family']],
    ['roles', roles, ['JoinTicket', 'participant', 'role']],
    ['what becomes of a launch', launchStates, ['LaunchState', 'status']],
    ['a report’s states', states, ['Report', 'status']],
    ['what its state is changed to', states, ['ReportChange', 'status']],
  ])('on %s', (_, ours, [schema = '', ...way]) => {
    expect(ours).toHaveLength(new Set(ours).size);
    expect(served.schema(schema, ...way).enum?.toSorted()).toEqual([...ours].toSorted());
  });
});

describe('a disagreement is found', () => {
  const changed = (change: (document: Document) => void, all: boolean) =>
    new Described(served.changed(change), all);
  const schema = (document: Document, name: string): Schema =>
    document.components.schemas[name] ?? {};

  it('where a field is not required any more', async () => {
    const server = changed((document) => {
      const ticket = schema(document, 'JoinTicket');
      ticket.required = ticket.required?.filter((name) => name !== 'token') ?? [];
    }, false);
    await expect(calls(server)['joinToken']?.()).rejects.toThrow();
  });

  it('where a field has another type', async () => {
    const server = changed((document) => {
      schema(document, 'JoinTicket').properties = { token: { type: 'integer' } };
    }, true);
    await expect(calls(server)['joinToken']?.()).rejects.toThrow();
  });

  it('where a field has another name', async () => {
    const server = changed((document) => {
      schema(document, 'Site').properties = { sign: { type: 'boolean' } };
    }, true);
    await calls(server)['site']?.();
    expect(server.wrong).toContain('GET /api/v1/site: the answer has no signIn');
  });

  it('where a call is gone', async () => {
    const server = changed((document) => delete document.paths['/api/v1/lobby'], true);
    await expect(calls(server)['lobby']?.()).rejects.toThrow();
  });

  it('where a body must say more', async () => {
    const server = changed((document) => {
      schema(document, 'Decision').required?.push('reason');
    }, true);
    await calls(server)['decide']?.();
    expect(server.wrong).toEqual(['POST /api/v1/lobby/a%20b: body has no reason']);
  });
});
