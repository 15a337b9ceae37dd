import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const program = fileURLToPath(new URL('../../.ci/tools/provider.js', import.meta.url));

/** A certified OpenID provider on this machine; its program says who its people are. */
export class Provider {
  private constructor(
    readonly issuer: string,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(): Promise<Provider> {
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'ignore'] });
    const gone = once(child, 'exit');
    const first = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    if (first.done) throw new Error('the provider does not start: run .ci/install');
    const { issuer } = JSON.parse(first.value) as { issuer: string };
    return new Provider(issuer, async () => {
      child.stdin.end();
      await gone;
    });
  }

  /** The server's settings for a portal that this provider knows, on whatever port of localhost. */
  async settings(): Promise<string[]> {
    const answer = await fetch(`${this.issuer}/reg`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        application_type: 'native', // RFC 8252: the port of a loopback address does not count
        redirect_uris: ['http://localhost/api/v1/sign-in/callback'],
      }),
    });
    if (!answer.ok) throw new Error(`register: ${answer.status} ${await answer.text()}`);
    const client = (await answer.json()) as { client_id: string; client_secret: string };
    return [
      ...['--oidc-issuer', this.issuer, '--oidc-client-id', client.client_id],
      ...['--oidc-client-secret', client.client_secret, '--oidc-scopes', 'openid profile email groups'],
      ...['--oidc-roles-claim', 'groups', '--oidc-roles', 'Staff=internal'],
    ];
  }

  /** What somebody does on the provider's pages. */
  async signIn(page: Page, login: string): Promise<void> {
    await page.waitForURL(`${this.issuer}/**`);
    await page.fill('[name="login"]', login);
    await page.fill('[name="password"]', 'any');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  async stop(): Promise<void> {
    await this.end();
  }
}
