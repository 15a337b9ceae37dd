import { bond } from './portal.ts';

/** What the portal gives to somebody who may join. */
export interface Joined {
  token: string;
  permissions: string[];
  relay: { whip: string; whep: string; control: string };
}

/** Somebody without a browser: a standard player or publisher gets its bearer token in this way. */
export class Visitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly origin: string) {}

  /** Asks for admission with name and password, or with the code of an invitation; says who it is. */
  async enter(by: { name: string; password: string } | { invitation: string }): Promise<void> {
    await this.call('POST', '/admissions', by);
    await this.call('PUT', '/identity', { ...bond, remember: false });
  }

  /** A fresh token: each serves once for each purpose. */
  async token(): Promise<Joined> {
    return (await this.call('POST', '/join-tokens', { mode: 'browser' })) as Joined;
  }

  private async call(method: string, path: string, body: unknown): Promise<unknown> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      body: JSON.stringify(body),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0]!.split('=', 2);
      this.cookies.set(name!, value!);
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}

/** The code in an invitation's link. */
export function invitationCode(link: string): string {
  return new URL(link).hash.replace('#invitation=', '');
}
