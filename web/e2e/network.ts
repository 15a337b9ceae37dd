import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

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

/** What a firewall drops: each packet, every UDP packet, or all but TCP to one port of this machine. */
export type Cut = 'everything' | 'udp' | { exceptTcp: number };

/** A port of this machine as the namespace may reach it. */
export interface Target {
  over: 'tcp' | 'udp';
  port: number;
}

/**
 * Runs in the namespace: prints for each target whether it answers within a second. Over TCP a connection is an answer,
 * over UDP that to a Binding request (RFC 8489), as TURN gives it.
 */
function probe(host: string, targets: Target[]): void {
  const { connect: dial } = process.getBuiltinModule('node:net');
  const { createSocket } = process.getBuiltinModule('node:dgram');
  const answers = targets.map(
    ({ over, port }) =>
      new Promise<boolean>((done) => {
        setTimeout(() => done(false), 1000);
        if (over === 'tcp') {
          dial(port, host, () => done(true)).on('error', () => done(false));
          return;
        }
        const binding = Buffer.from('000100002112a442434f4f504e45545f54455354', 'hex');
        createSocket('udp4')
          .on('message', () => done(true))
          .on('error', () => done(false))
          .send(binding, port, host);
      }),
  );
  void Promise.all(answers).then((all) => {
    process.stdout.write(JSON.stringify(all), () => process.exit());
  });
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
  /** What programs in the namespace find in /etc/hosts and /etc/resolv.conf. */
  private readonly etc = `/etc/netns/${this.name}`;
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
      // Firefox uses only the default route's address where no camera was permitted.
      ip('-n', name, 'route', 'add', 'default', 'via', host);
      mkdirSync(network.etc, { recursive: true });
      // Nobody answers there, and a cut drops the question.
      writeFileSync(join(network.etc, 'resolv.conf'), `nameserver ${host}\n`);
      network.names({});
      network.within(chromium, network.program);
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

  /** Lets a program be started in the namespace by another path. */
  within(program: string, path = join(this.folder, program.replaceAll('/', '-'))): string {
    writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${this.name} ${program} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  /** The names that the namespace knows, and their addresses. */
  names(known: Record<string, string>): void {
    const lines = Object.entries({ localhost: '127.0.0.1', ...known });
    writeFileSync(
      join(this.etc, 'hosts'),
      lines.map(([name, address]) => `${address} ${name}\n`).join(''),
    );
  }

  /** Lets this machine reach, on the same port of its loopback, a TCP port of the namespace's; gives the port. */
  async entrance(): Promise<number> {
    const script = `const socket = require('net').connect(process.argv[1], '127.0.0.1');
      process.stdin.pipe(socket).pipe(process.stdout); socket.on('close', () => process.exit());`;
    const entrance = createServer((outside) => {
      const { port } = entrance.address() as AddressInfo;
      const command = ['netns', 'exec', this.name, process.execPath, '-e', script, String(port)];
      const inside = spawn('ip', command, { stdio: ['pipe', 'pipe', 'ignore'] });
      outside.pipe(inside.stdin);
      inside.stdout.pipe(outside);
      inside.stdin.on('error', () => outside.destroy());
      outside.on('error', () => inside.kill());
      outside.on('close', () => inside.kill());
    });
    this.doors.push(entrance);
    await new Promise<void>((done, fail) => {
      entrance.once('error', fail);
      entrance.listen(0, '127.0.0.1', done);
    });
    return (entrance.address() as AddressInfo).port;
  }

  /** Whether a program in the namespace gets an answer from each target on this machine. */
  async reaches(targets: Target[]): Promise<boolean[]> {
    const script = `(${probe})(${JSON.stringify(this.host)}, ${JSON.stringify(targets)})`;
    const command = ['netns', 'exec', this.name, process.execPath, '-e', script];
    const { stdout } = await promisify(execFile)('ip', command);
    return JSON.parse(stdout) as boolean[];
  }

  /** Takes IPv4 out of the namespace and gives it IPv6 instead. Returns this machine's end of the wire. */
  onlyIPv6(): string {
    const net = `fd00:c0:${process.pid % 10_000}`;
    ip('addr', 'add', `${net}::1/64`, 'dev', `${this.wire}a`, 'nodad');
    ip('-n', this.name, 'addr', 'flush', 'dev', `${this.wire}b`);
    ip('-n', this.name, 'addr', 'add', `${net}::2/64`, 'dev', `${this.wire}b`, 'nodad');
    ip('-n', this.name, 'route', 'add', 'default', 'via', `${net}::1`);
    return `${net}::1`;
  }

  /** Lets the namespace reach a TCP port of this machine's loopback. */
  async door(port: string, host = this.host): Promise<void> {
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
      door.listen(Number(port), host, done);
    });
  }

  /** Drops packets of the namespace, in both directions, without a word, and counts them. */
  cut(what: Cut): void {
    const chain = (name: string, hook: string, wire: string, port: string): string => {
      const drops = {
        everything: ['counter drop'],
        udp: ['meta l4proto udp counter drop'],
        other: ['meta l4proto != tcp counter drop'],
      };
      const rules =
        typeof what === 'string'
          ? drops[what]
          : [...drops.other, `tcp ${port} != ${what.exceptTcp} counter drop`];
      // Not counted: the kernel itself greets its neighbours over IPv6.
      const lines = ['meta l4proto ipv6-icmp drop', ...rules].map((rule) => `${wire} != "lo" ${rule};`).join('\n');
      return `chain ${name} { type filter hook ${hook} priority 0; ${lines} }`;
    };
    this.nft(`table inet cut {
      ${chain('into', 'input', 'iifname', 'sport')}
      ${chain('out', 'output', 'oifname', 'dport')}
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
    rmSync(this.etc, { recursive: true, force: true });
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
