import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Asking, Authority } from './authority.ts';
import { until } from './wait.ts';

/** What the server writes when everything answers. */
interface Ready {
  portal: string;
  organizerKey: string;
  supportKey: string;
  relay: string;
  media: string;
  turn: string;
  turns: string;
  pid: number;
}

/** Where the server listens; with an authority HTTPS, under its name. */
interface Address {
  listen: string;
  media: string;
  args: string[];
  authority?: Authority;
}

/** A conference as the organizer's API gives it. */
export interface Conference {
  id: string;
  name: string;
  password: string;
}

/** COOPNET_EDITION=cloud: the functions behind Lambda's Runtime API, and a relay of its own. It takes the same flags. */
const edition = process.env.COOPNET_EDITION === 'cloud' ? 'coopnet-cloud' : 'coopnet';
export const program =
  process.env.COOPNET_BIN ?? fileURLToPath(new URL(`../../bin/${edition}`, import.meta.url));

/** The whole system on this machine, as one process with a data folder of its own. */
export class Coopnet {
  private child: ChildProcess | null = null;
  private ready!: Ready;
  private readonly folder = mkdtempSync(join(tmpdir(), 'coopnet-e2e-'));
  private readonly log = join(this.folder, 'server.log');
  private readonly bury = (): void => void this.child?.kill('SIGKILL');

  private constructor(private address: Address) {}

  static async start(address: Partial<Address> = {}): Promise<Coopnet> {
    if (!existsSync(program)) {
      throw new Error(`${program} is missing: run "make build", or name it in COOPNET_BIN`);
    }
    const server = new Coopnet({
      ...address,
      listen: address.listen ?? 'localhost:0',
      // All addresses: Firefox uses only the default route's where no camera was permitted.
      media: address.media ?? ':0',
      args: address.args ?? [],
    });
    await server.run();
    return server;
  }

  /** The portal's origin; without HTTPS localhost, where browsers accept secure cookies all the same. */
  get origin(): string {
    const { authority } = this.address;
    return authority ? `https://${authority.name}:${this.port}` : `http://localhost:${this.port}`;
  }

  get supportKey(): string {
    return this.ready.supportKey;
  }

  get port(): string {
    return new URL(this.ready.portal).port;
  }

  /** The port of all SRTP. */
  get mediaPort(): number {
    return Number(/:(\d+)$/.exec(this.ready.media)![1]);
  }

  /** The ports of TURN, without TLS (UDP and TCP) and with it. */
  get turn(): { port: number; portTLS: number } {
    const port = (address: string): number => Number(address.split(':').at(-1));
    return { port: port(this.ready.turn), portTLS: port(this.ready.turns) };
  }

  /** CPU time of the process so far, in seconds. */
  cpu(): number {
    const stat = readFileSync(`/proc/${this.ready.pid}/stat`, 'utf8');
    // The second field, the program's name, may hold spaces; 14 and 15 are user and system time in ticks of 10 ms.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Ends the process without warning. */
  async crash(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends the process in order; its data stays. */
  async halt(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Starts it again on the same ports and data. */
  async restart(): Promise<void> {
    this.address = {
      ...this.address,
      listen: this.address.listen.replace(/:0$/, `:${this.port}`),
      media: this.ready.media,
    };
    await this.run();
  }

  /** Ends the process and removes its data. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A file beside the server's own, which goes with it. */
  file(name: string): string {
    return join(this.folder, name);
  }

  /** A new key for a relay. */
  relayKey(id: string): string {
    const args = ['key', 'create', 'relay', '--label', id, '--data', this.file('data'), '--json'];
    return (JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as { key: string }).key;
  }

  /** The last lines of what the server said. */
  said(lines = 40): string {
    return readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Creates a conference with an audio and a video bridge. */
  async conference(settings: { name: string } & Record<string, unknown>): Promise<Conference> {
    const password = `secret of ${settings.name}`;
    const made = await this.organize<{ id: string }>('POST', '/conferences', {
      title: `Conference ${settings.name}`,
      password,
      bridges: [
        {
          kind: 'audio',
          label: 'Paris',
          country: 'FR',
          number: '+33 1 99 00 12 34',
          code: '4711#',
        },
        {
          kind: 'video',
          label: 'Video room',
          country: 'FR',
          number: 'room@video.example',
          code: '',
        },
      ],
      ...settings,
    });
    return { id: made.id, name: settings.name, password };
  }

  /** A personal link for somebody inside the company, who may share and, as an organizer of the conference, moderate; it asks who they are. */
  async invitation(
    conference: Conference,
    name: string,
    kind: 'internal' | 'organizer' = 'internal',
  ): Promise<string> {
    return this.link(conference, { kind, name });
  }

  /** A personal link; with name and e-mail it asks for nothing. */
  async link(conference: Conference, invite: { kind: string } & Record<string, string>): Promise<string> {
    const path = `/conferences/${conference.id}/invitations`;
    const { code } = await this.organize<{ code: string }>('POST', path, invite);
    return `${this.origin}/#invitation=${code}`;
  }

  /** Changes its settings. */
  async change(conference: Conference, settings: Record<string, unknown>): Promise<void> {
    await this.organize('PATCH', `/conferences/${conference.id}`, settings, { 'if-match': '*' });
  }

  /** Takes out everybody of that name. */
  async remove(conference: Conference, name: string): Promise<void> {
    const path = `/conferences/${conference.id}/participants`;
    const { items } = await this.organize<{ items: { id: string; name: string }[] }>('GET', path);
    for (const { id } of items.filter((found) => found.name.includes(name))) {
      await this.organize('DELETE', `${path}/${id}`);
    }
  }

  async endConference(conference: Conference): Promise<void> {
    await this.organize('POST', `/conferences/${conference.id}/end`);
  }

  private async organize<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const { authority } = this.address;
    const ask = authority
      ? (url: string, asking: Asking) => authority.fetch(url, asking)
      : (url: string, asking: Asking) => fetch(url, asking);
    const answer = await ask(`${this.ready.portal.replace(/\/$/, '')}/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${this.ready.organizerKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async run(): Promise<void> {
    const { listen, media, args, authority } = this.address;
    const readyFile = join(this.folder, 'ready.json');
    rmSync(readyFile, { force: true });
    const log = openSync(this.log, 'a');
    const data = ['--data', join(this.folder, 'data'), '--ready-file', readyFile];
    const secure = authority
      ? [
          ...['--tls-cert', authority.cert, '--tls-key', authority.key, '--turns', ':0'],
          ...['--public-url', `https://${authority.name}:${listen.split(':').at(-1)}`],
        ]
      : [];
    const child = spawn(
      program,
      ['serve', '--listen', listen, '--media', media, '--turn', ':0', ...secure, ...data, ...args],
      {
        stdio: ['ignore', log, log],
      },
    );
    closeSync(log);
    this.child = child;
    process.once('exit', this.bury);
    try {
      this.ready = await until('the server is ready', 15_000, () => {
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
        return existsSync(readyFile) && (JSON.parse(readFileSync(readyFile, 'utf8')) as Ready);
      });
    } catch (error) {
      const said = this.said();
      await this.stop();
      throw new Error(`${String(error)}\n${said}`);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = null;
    process.off('exit', this.bury);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(patience);
  }
}
