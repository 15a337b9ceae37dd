import { createHash } from 'node:crypto';
import {
  createServer,
  request as ask,
  ServerResponse,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** What becomes of a request for a WebSocket; everything else goes through. */
export type Upgrades =
  /** It goes through. */
  | 'pass'
  /** Its headers are taken off; the server answers an ordinary request. */
  | 'strip'
  /** It is never answered. */
  | 'swallow'
  /** It is answered, and nothing goes through. */
  | 'deaf';

const hopByHop = ['connection', 'upgrade', 'keep-alive', 'transfer-encoding', 'te', 'trailer'];

/** A company's HTTP proxy before the server. It holds back every answer until it has all of it. */
export class Gateway {
  upgrades: Upgrades = 'pass';
  /** Requests that went through, by method and path without what is secret. */
  readonly seen: string[] = [];
  private readonly held = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  static async open(target: number): Promise<Gateway> {
    const server = createServer();
    const proxy = new Gateway(server, target);
    server.on('request', (request, response) => proxy.forward(request, response));
    server.on('upgrade', (request, socket, head) => proxy.upgrade(request, socket, head));
    await listening(server, 0);
    return proxy;
  }

  get origin(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.held) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private forward(from: IncomingMessage, to: ServerResponse): void {
    const { method = 'GET', url = '/' } = from;
    this.seen.push(`${method} ${url.replace(/^(\/control\/)[^/?]+/, '$1ID').split('?')[0]}`);
    const headers = { ...from.headers };
    for (const name of hopByHop) delete headers[name];
    const onward = ask({ host: 'localhost', port: this.target, method, path: url, headers });
    const fail = (): void => {
      if (!to.headersSent) to.writeHead(502, { 'content-type': 'text/html' });
      to.end('<h1>Bad gateway</h1>');
    };
    onward.on('error', fail);
    onward.on('response', (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', fail);
      answer.on('end', () => {
        const kept = { ...answer.headers };
        for (const name of hopByHop) delete kept[name];
        to.writeHead(answer.statusCode ?? 502, kept);
        to.end(Buffer.concat(parts));
      });
    });
    to.on('close', () => onward.destroy());
    from.pipe(onward);
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.held.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.held.delete(socket));
    switch (this.upgrades) {
      case 'pass':
        this.pass(request, socket, head);
        return;
      case 'strip': {
        const response = new ServerResponse(request);
        response.shouldKeepAlive = false;
        response.assignSocket(socket as never);
        response.on('finish', () => socket.end());
        this.forward(request, response);
        return;
      }
      case 'deaf': {
        const answer = [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          'Connection: Upgrade',
          `Sec-WebSocket-Protocol: ${request.headers['sec-websocket-protocol']}`,
          `Sec-WebSocket-Accept: ${acceptance(request.headers['sec-websocket-key'] ?? '')}`,
        ];
        socket.write(`${answer.join('\r\n')}\r\n\r\n`);
        socket.resume();
        return;
      }
      case 'swallow':
        socket.resume();
    }
  }

  private pass(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onward = connect(this.target, 'localhost');
    this.held.add(onward);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => {
      this.held.delete(onward);
      socket.destroy();
    });
    socket.on('close', () => onward.destroy());
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let n = 0; n < request.rawHeaders.length; n += 2) {
      lines.push(`${request.rawHeaders[n]}: ${request.rawHeaders[n + 1]}`);
    }
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  }
}

/** RFC 6455, section 4.2.2. */
function acceptance(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A port that nobody has, for a server that must be named before it starts. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listening(server, 0);
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', done);
  });
}
