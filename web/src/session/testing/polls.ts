/** A relay's control channel over HTTP, request by request. */
import type { Fetch } from '../request.ts';

export interface Waiting {
  method: string;
  url: string;
  body: unknown;
  keepalive: boolean;
  answer(status: number, body?: unknown, headers?: HeadersInit): void;
  fail(): void;
}

export class ScriptedPolls {
  readonly asked: Waiting[] = [];

  readonly fetch: Fetch = (url, init) =>
    new Promise((resolve, reject) => {
      init.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      this.asked.push({
        method: init.method ?? 'GET',
        url,
        body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
        keepalive: init.keepalive ?? false,
        answer: (status, body = null, headers = {}) =>
          resolve(new Response(body === null ? null : JSON.stringify(body), { status, headers })),
        fail: () => reject(new TypeError('no network')),
      });
    });

  /** The latest request of a kind. */
  last(method: string): Waiting {
    const found = this.asked.findLast((asked) => asked.method === method);
    if (found === undefined) throw new Error(`nothing was asked with ${method}`);
    return found;
  }

  of(method: string): Waiting[] {
    return this.asked.filter((asked) => asked.method === method);
  }
}
