// An OpenID provider for tests: a certified one, with people of a company in it. It listens on a port of this machine,
// prints {"issuer": URL} once it does, and ends with its standard input.
//
//   POST /test/rotate        a new signing key; the former one stays published
//   POST /test/rotate?drop   a new signing key, and no other
//   POST /test/stop          answers 502 from now on; POST /test/start ends that
//
// Anybody may register a client, whose `roles` its access tokens then carry. People sign in with any password: "anne" is
// staff, "grete" is not, and "nameless" tells neither name nor e-mail.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const people = {
  anne: { name: 'Anne Martin', email: 'anne@company.example', email_verified: true, groups: ['Staff', 'Everybody'] },
  grete: { name: 'Grete Guest', email: 'grete@partner.example', email_verified: true, groups: ['Everybody'] },
  nameless: { groups: ['Staff'] },
};

// Memory keeps what the provider knows over a rotation of its keys. Nothing expires: tests are short, and the provider
// looks at the time itself.
const rows = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }
  async upsert(id, payload) {
    rows.set(`${this.model}:${id}`, payload);
  }
  async find(id) {
    return rows.get(`${this.model}:${id}`);
  }
  async findByUid(uid) {
    return [...rows.entries()].find(([key, row]) => key.startsWith(`${this.model}:`) && row.uid === uid)?.[1];
  }
  async consume(id) {
    rows.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    rows.delete(`${this.model}:${id}`);
  }
  async revokeByGrantId(grantId) {
    for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
  }
}

let keys = [];
let stopped = false;
let answer;

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

function start(issuer) {
  const provider = new Provider(issuer, {
    adapter: Memory,
    jwks: { keys },
    cookies: { keys: [randomUUID()] },
    pkce: { required: () => true },
    extraClientMetadata: { properties: ['roles'] },
    extraTokenClaims: (ctx) => ({ roles: ctx.oidc.client.roles ?? [] }),
    claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], groups: ['groups'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    features: {
      clientCredentials: { enabled: true },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: '',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
    ttl: { AccessToken: 300, ClientCredentials: 300, Grant: 600, IdToken: 300, Interaction: 600, Session: 600 },
  });
  answer = provider.callback();
}

const server = createServer((request, response) => {
  const { pathname, search } = new URL(request.url, 'http://provider');
  const done = () => response.writeHead(204).end();
  if (request.method === 'POST' && pathname === '/test/rotate') {
    keys = search === '?drop' ? [newKey()] : [newKey(), ...keys];
    start(issuer);
    done();
  } else if (request.method === 'POST' && pathname === '/test/stop') {
    stopped = true;
    done();
  } else if (request.method === 'POST' && pathname === '/test/start') {
    stopped = false;
    done();
  } else if (stopped) {
    response.writeHead(502).end();
  } else {
    answer(request, response);
  }
});

let issuer;
server.listen(0, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  keys = [newKey()];
  start(issuer);
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
