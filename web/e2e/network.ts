import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Whether the tests that need a network of their own are left out. Only whoever says so in
 * COOPNET_E2E_NO_NETWORK leaves them out; elsewhere a network that cannot be made is a failure.
 */
export function withoutNetwork(): boolean {
  const obstacle = networkObstacle();
  if (process.env.COOPNET_E2E_NO_NETWORK) return true;
  if (obstacle !== null) throw new Error(`${obstacle}; COOPNET_E2E_NO_NETWORK=1 leaves these tests out`);
  return false;
}

/** Why a network cannot be made here, or null when it can. */
function networkObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'a network namespace needs root';
  for (const tool of ['ip', 'nft', 'tc']) {
    try {
      execFileSync(tool, ['-V'], { stdio: 'ignore' });
    } catch {
      return `${tool} is missing (packages iproute2 and nftables)`;
    }
  }
  return null;
}

/** A network namespace with one wire to this machine: a browser in it can lose its network, and nobody else does. */
export class Network {
  private readonly name = `coopnet-e2e-${process.pid}`;
  private readonly wire = `cn${process.pid}`.slice(0, 14);
  private readonly folder = mkdtempSync(join(tmpdir(), 'coopnet-e2e-network-'));
  private readonly doors: Server[] = [];
  private readonly subnet = `10.213.${process.pid % 250}`;
  /** This machine's end of the wire. */
  readonly host = `${this.subnet}.1`;
  /** Starts Chromium in the namespace. */
  readonly program = join(this.folder, 'chromium');

  static open(chromium = '/usr/bin/chromium'): Network {
    const network = new Network();
    const { name, wire, subnet, host } = network;
    try {
      ip('netns', 'add', name);
      ip('link', 'add', `${wire}a`, 'type', 'veth', 'peer', 'name', `${wire}b`, 'netns', name);
      ip('addr', 'add', `${host}/24`, 'dev', `${wire}a`);
      ip('link', 'set', `${wire}a`, 'up');
      ip('-n', name, 'addr', 'add', `${subnet}.2/24`, 'dev', `${wire}b`);
      ip('-n', name, 'link', 'set', `${wire}b`, 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      writeFileSync(network.program, `#!/bin/sh\nexec ip netns exec ${name} ${chromium} "$@"\n`);
      chmodSync(network.program, 0o755);
      return network;
    } catch (error) {
      network.remove();
      throw error;
    }
  }

  /** Chromium's flags in the namespace: localhost, the origin that needs no TLS, is this machine. */
  get args(): string[] {
    return [`--host-resolver-rules=MAP localhost ${this.host}`];
  }

  /** Lets the namespace reach a TCP port of this machine's loopback. */
  async door(port: string): Promise<void> {
    const door = createServer((inside) => {
      const outside = connect(Number(port), 'localhost');
      for (const [from, to] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
      }
    });
    this.doors.push(door);
    await new Promise<void>((done, fail) => {
      door.once('error', fail);
      door.listen(Number(port), this.host, done);
    });
  }

  /** Drops every packet (or every UDP packet) of the namespace, in both directions, without a word. */
  cut(what: 'everything' | 'udp'): void {
    const drop = what === 'udp' ? 'meta l4proto udp counter drop' : 'counter drop';
    this.nft(`table inet cut {
      chain into { type filter hook input priority 0; iifname != "lo" ${drop}; }
      chain out { type filter hook output priority 0; oifname != "lo" ${drop}; }
    }`);
  }

  /**
   * Makes the way into the namespace narrow: a token bucket whose queue holds `queue` milliseconds, and loss by chance
   * in front of the browser. This kernel has no netem, so nothing comes later than the queue makes it.
   */
  narrow({ rate, queue = 400, loss = 0 }: { rate: number; queue?: number; loss?: number }): void {
    const shape = ['rate', `${rate}bit`, 'burst', '3000', 'latency', `${queue}ms`];
    execFileSync('tc', ['qdisc', 'replace', 'dev', `${this.wire}a`, 'root', 'tbf', ...shape]);
    if (loss === 0) return;
    this.nft(`table inet cut {
      chain into { type filter hook input priority 0; meta l4proto udp numgen random mod 1000 < ${loss * 1000} counter drop; }
    }`);
  }

  /** Ends what `narrow` began. */
  widen(): void {
    execFileSync('tc', ['qdisc', 'del', 'dev', `${this.wire}a`, 'root']);
    this.nft('table inet cut {}\ndelete table inet cut');
  }

  /** Whether an address is in the namespace. */
  has(address: string): boolean {
    return address === `${this.subnet}.2`;
  }

  /** How many packets the cut has dropped: none would mean that it is not in force. */
  dropped(): number {
    const rules = execFileSync('ip', [
      'netns',
      'exec',
      this.name,
      'nft',
      'list',
      'table',
      'inet',
      'cut',
    ]);
    return [...rules.toString().matchAll(/packets (\d+)/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  }

  heal(): void {
    this.nft('delete table inet cut');
  }

  close(): void {
    for (const door of this.doors) door.close();
    this.remove();
  }

  private nft(rules: string): void {
    execFileSync('ip', ['netns', 'exec', this.name, 'nft', '-f', '-'], { input: rules });
  }

  private remove(): void {
    // The wire goes with its namespace's end; a half-made one goes by name.
    for (const what of [
      ['link', 'del', `${this.wire}a`],
      ['netns', 'del', this.name],
    ]) {
      try {
        ip(...what);
      } catch {
        // Not there: nothing to remove.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
