import { asProblem, problemOf } from '../problem.ts';
import { fetchWithin, type Fetch } from '../request.ts';
import type { Fields } from '../shape.ts';
import type { Timers } from '../timers.ts';
import type { DiagnosticApi, PendingReport } from './api.ts';

export interface UploadDeps {
  fetch: Fetch;
  timers: Timers;
  /** SHA-256; null where the browser has none, as on an insecure page. */
  digest: ((bytes: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>) | null;
}

/** A report that has arrived. The id is the guest's own: with it the report can be taken back. */
export interface Arrived {
  id: string;
  code: string;
}

const patience = 30_000;

/** Announces the report, uploads it, once more where that was cut, and completes it. Throws a Problem. */
export async function sendReport(
  deps: UploadDeps,
  api: DiagnosticApi,
  content: string,
  summary: Fields,
  session: string,
): Promise<Arrived> {
  const bytes = new TextEncoder().encode(content);
  const sha256 = await checksum(deps, bytes);
  const about = { size: bytes.length, sha256, summary };
  let pending = await api.announce(session === '' ? about : { ...about, session });
  try {
    await put(deps, pending, bytes);
  } catch {
    pending = await api.renew(pending.id);
    await put(deps, pending, bytes);
  }
  return { id: pending.id, code: await api.complete(pending.id) };
}

async function checksum({ digest }: UploadDeps, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (digest === null) throw asProblem(new Error('no digest'));
  const sum = new Uint8Array(await digest(bytes));
  return [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function put(
  deps: UploadDeps,
  { upload: { method, url, headers } }: PendingReport,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const init: RequestInit = { method, headers: { ...headers }, body: bytes, credentials: 'omit' };
  try {
    await fetchWithin(deps, patience, url, init, async (response) => {
      if (!response.ok) throw await problemOf(response);
    });
  } catch (cause) {
    throw asProblem(cause);
  }
}
