/** A diagnostic report, made in a page of the portal. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

export const report = readFileSync(
  new URL('../src/session/testing/report.json', import.meta.url),
  'utf8',
);

/** Does what the portal's diagnostic tool does, in a page of the portal, under its policy. Gives the spoken code. */
export function send(
  page: Page,
  content: string,
  summary: Record<string, unknown>,
  session = '',
): Promise<string> {
  return page.evaluate(
    async ([text, about, test]) => {
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
      const made = await call('', { size: bytes.length, sha256, summary: about, session: test });
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
    [content, summary, session] as const,
  );
}

/** Begins a diagnostic session and opens a viewer in its test room, over whatever way there is. Gives the session's id. */
export function test(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
      const answer = await fetch(`/api/v1/diagnostics/sessions${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    };
    const session = await call('', {});
    const id = String(session['id']);
    const [at] = session['relays'] as { id: string; relay: { whep: string } }[];
    if (!at) throw new Error('no relay');
    const measured = (await (await fetch(at.relay.whep.replace(/whep$/, 'measure'))).json()) as {
      address: string;
    };
    if (!measured.address) throw new Error('the relay does not say who asks');
    const { token } = await call(`/${id}/tokens`, { relay: at.id });
    const pc = new RTCPeerConnection();
    pc.addTransceiver('video', { direction: 'recvonly' });
    const connected = new Promise<void>((resolve, reject) => {
      pc.onconnectionstatechange = () => {
        if (pc.connectionState === 'connected') resolve();
        if (pc.connectionState === 'failed') reject(new Error('no connection'));
      };
    });
    await pc.setLocalDescription();
    const answer = await fetch(at.relay.whep, {
      method: 'POST',
      body: pc.localDescription!.sdp,
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${String(token)}` },
    });
    if (answer.status !== 201) throw new Error(`WHEP: ${answer.status} ${await answer.text()}`);
    await pc.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    await connected;
    pc.close();
    const own = new URL(answer.headers.get('Location')!, at.relay.whep);
    await fetch(own, { method: 'DELETE' });
    return id;
  });
}
