/** A diagnostic report, made in a page of the portal. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

export const report = readFileSync(
  new URL('../src/session/testing/report.json', import.meta.url),
  'utf8',
);

/** Does what the portal's diagnostic tool does, in a page of the portal, under its policy. Gives the spoken code. */
export function send(page: Page, content: string, summary: Record<string, unknown>): Promise<string> {
  return page.evaluate(
    async ([text, about]) => {
      const call = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
        const answer = await fetch(`/api/v1/diagnostics${path}`, {
          method: 'POST',
          ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
        });
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
        return (await answer.json()) as Record<string, unknown>;
      };
      const bytes = new TextEncoder().encode(text);
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      const sha256 = [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const made = await call('', { size: bytes.length, sha256, summary: about });
      const { method, url, headers } = made['upload'] as {
        method: string;
        url: string;
        headers: Record<string, string>;
      };
      const put = await fetch(url, { method, headers, body: bytes });
      if (!put.ok) throw new Error(`upload: ${put.status}`);
      const done = await call(`/${String(made['id'])}/complete`);
      return String(done['code']);
    },
    [content, summary] as const,
  );
}
