import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { patternPage, type PatternOptions } from './pattern.ts';

/** Pages that the tests serve themselves, on http://localhost. */
export class Site {
  private readonly pages = new Map<string, { type: string; body: string | Buffer }>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Site> {
    const server = createServer();
    const site = new Site(server);
    server.on('request', (request, response) => {
      const page = site.pages.get((request.url ?? '/').split('?')[0]!);
      if (!page) {
        response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
        return;
      }
      response.writeHead(200, { 'content-type': page.type }).end(page.body);
    });
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.listen(0, '127.0.0.1', done);
    });
    return site;
  }

  get port(): string {
    return String((this.server.address() as AddressInfo).port);
  }

  /** Serves a page and gives its address. */
  serve(path: string, body: string | Buffer, type = 'text/html; charset=utf-8'): string {
    this.pages.set(path, { type, body });
    return `http://localhost:${this.port}${path}`;
  }

  pattern(options: PatternOptions): string {
    return this.serve(
      `/pattern/${options.tag}${options.still ? '/still' : ''}`,
      patternPage(options),
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
