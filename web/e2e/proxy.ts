import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A company's web proxy: tunnels to the one port of the one name, and nothing else. */
export class Proxy {
  private readonly sockets = new Set<Socket>();
  /** How many tunnels were made. */
  tunnels = 0;
  /** Where somebody wanted to go, and was refused. */
  readonly refused: string[] = [];

  private constructor(private readonly server: Server) {}

  /** `lets` is the only "name:port" that may be reached; its address is known here only. */
  static async open(host: string, lets: string, address: string): Promise<Proxy> {
    const server = createServer((request, response) => {
      proxy.refused.push(request.url ?? '');
      response.writeHead(403).end();
    });
    const proxy = new Proxy(server);
    server.on('connect', (request, inside: Socket, head: Buffer) => {
      proxy.keep(inside);
      if (request.url !== lets) {
        proxy.refused.push(request.url ?? '');
        inside.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      const outside = connect(Number(lets.split(':')[1]), address, () => {
        proxy.tunnels++;
        inside.write('HTTP/1.1 200 Connection established\r\n\r\n');
        outside.write(head);
        inside.pipe(outside).pipe(inside);
      });
      proxy.keep(outside);
      inside.on('close', () => outside.destroy());
      outside.on('close', () => inside.destroy());
    });
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(0, host, done);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}
