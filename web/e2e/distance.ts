import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/**
 * Stands in front of a server's media port, on an address of its own, and brings everything later
 * to the far side: this kernel has no netem.
 */
export class Distance {
  private readonly ways = new Map<string, Socket>();
  /** Milliseconds on the way to the far side. */
  delay = 0;

  private constructor(
    private readonly front: Socket,
    port: number,
    private readonly far: (address: string) => boolean,
  ) {
    front.on('message', (datagram, from) => this.way(from).send(datagram, port, '127.0.0.1'));
  }

  /** The server's port on loopback is opened on `host` too; `far` knows the far side's address. */
  static async open(
    port: number,
    host: string,
    far: (address: string) => boolean,
  ): Promise<Distance> {
    const front = createSocket('udp4');
    await new Promise<void>((done, fail) => {
      front.once('error', fail);
      front.bind(port, host, done);
    });
    return new Distance(front, port, far);
  }

  close(): void {
    this.front.close();
    for (const way of this.ways.values()) way.close();
  }

  /** A socket for each address, as a translator of addresses has one. */
  private way({ address, port }: RemoteInfo): Socket {
    const name = `${address}:${port}`;
    const known = this.ways.get(name);
    if (known) return known;
    const way = createSocket('udp4');
    this.ways.set(name, way);
    const back = (datagram: Buffer) => this.front.send(datagram, port, address, () => {});
    way.on('message', (datagram) => {
      if (this.delay > 0 && this.far(address)) setTimeout(() => back(datagram), this.delay);
      else back(datagram);
    });
    return way;
  }
}
