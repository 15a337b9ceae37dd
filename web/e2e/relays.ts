import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Coopnet } from './harness.ts';
import { program } from './harness.ts';
import { until } from './wait.ts';

const relayProgram = join(dirname(program), 'relay');

/** A port that nobody has now: the portal's pages must know a relay's address before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** A relay in a process of its own, which announces itself to the portal. */
export class RelayProcess {
  private readonly bury = (): void => void this.child.kill('SIGKILL');

  private constructor(
    readonly id: string,
    readonly control: string,
    private readonly child: ChildProcess,
  ) {
    process.once('exit', this.bury);
  }

  static async start(server: Coopnet, id: string, port: number): Promise<RelayProcess> {
    if (!existsSync(relayProgram)) throw new Error(`${relayProgram} is missing: run "make build"`);
    const logFile = server.file(`relay-${id}.log`);
    const log = openSync(logFile, 'a');
    const listen = `127.0.0.1:${port}`;
    const portal = server.origin;
    const child = spawn(
      relayProgram,
      [
        ...['serve', '--id', id, '--region', 'eu-1', '--issuer', portal, '--announce', portal],
        ...['--jwks', `${portal}/.well-known/jwks.json`, '--listen', listen, '--media', ':0'],
        ...['--turn', '', '--turns', ''],
      ],
      {
        stdio: ['ignore', log, log],
        env: { ...process.env, COOPNET_RELAY_KEY: server.relayKey(id) },
      },
    );
    closeSync(log);
    const relay = new RelayProcess(id, `ws://${listen}/control`, child);
    try {
      await until(`relay ${id} is announced`, 15_000, () =>
        readFileSync(logFile, 'utf8').includes('msg=announced'),
      );
    } catch (error) {
      await relay.end('SIGKILL');
      throw new Error(`${String(error)}\n${readFileSync(logFile, 'utf8')}`);
    }
    return relay;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    process.off('exit', this.bury);
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    await gone;
  }
}
