import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is asked of a server in one request. */
export interface Asking {
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A certificate authority of the test's own, with one certificate, and browsers' stores that trust it. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), 'coopnet-e2e-authority-'));
  private readonly store = join(this.folder, 'store');
  private readonly root = join(this.folder, 'root.pem');
  /** The certificate's files, for the server. */
  readonly cert = join(this.folder, 'cert.pem');
  readonly key = join(this.folder, 'key.pem');
  /** HOME of a Chromium that trusts this authority. */
  readonly home = join(this.folder, 'home');

  /** The name has the address; nobody else need know that. */
  private constructor(
    readonly name: string,
    private readonly address: string,
  ) {}

  static create(name: string, address: string): Authority {
    const authority = new Authority(name, address);
    try {
      authority.issue();
      authority.trust();
      return authority;
    } catch (error) {
      authority.remove();
      throw error;
    }
  }

  /** Chromium's flag for a machine on which the name is not known. */
  get args(): string[] {
    return [`--host-resolver-rules=MAP ${this.name} ${this.address}`];
  }

  /** A new folder for a Firefox that trusts this authority. */
  profile(): string {
    const folder = mkdtempSync(join(this.folder, 'profile-'));
    cpSync(this.store, folder, { recursive: true });
    return folder;
  }

  /** `fetch` for the certificate's name. */
  fetch(url: string, { method, headers = {}, body }: Asking): Promise<Response> {
    return new Promise((done, fail) => {
      const asked = request(
        url,
        {
          method,
          ca: readFileSync(this.root),
          lookup: (_, options, found) =>
            options.all
              ? found(null, [{ address: this.address, family: 4 }])
              : found(null, this.address, 4),
          headers,
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.once('error', fail);
          answer.once('end', () => {
            done(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 500 }));
          });
        },
      );
      asked.once('error', fail);
      asked.end(body);
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private issue(): void {
    const file = (name: string): string => join(this.folder, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const age = ['-days', '2'];
    const openssl = (...args: string[]): void => {
      execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    };
    openssl(
      ...['req', '-x509', '-subj', '/CN=Coopnet test authority', ...key, ...age],
      ...['-addext', 'keyUsage=critical,keyCertSign'],
      ...['-keyout', file('root.key'), '-out', this.root],
    );
    openssl(
      ...['req', '-subj', `/CN=${this.name}`, ...key],
      ...['-keyout', this.key, '-out', file('asked.pem')],
    );
    writeFileSync(
      file('extensions'),
      `subjectAltName=DNS:${this.name}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`,
    );
    openssl(
      ...['x509', '-req', '-in', file('asked.pem'), '-extfile', file('extensions'), ...age],
      ...['-CA', this.root, '-CAkey', file('root.key'), '-CAcreateserial', '-out', this.cert],
    );
  }

  private trust(): void {
    const certutil = (...args: string[]): void => {
      execFileSync('certutil', [...args, '-d', `sql:${this.store}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    };
    mkdirSync(this.store);
    certutil('-N', '--empty-password');
    certutil('-A', '-n', 'Coopnet test authority', '-t', 'C,,', '-i', this.root);
    cpSync(this.store, join(this.home, '.pki', 'nssdb'), { recursive: true });
  }
}
