import { signal, type ReadonlySignal } from '@preact/signals-core';
import { asProblem, Problem } from '../problem.ts';
import type { Cancel, Timers } from '../timers.ts';
import type { DocumentsApi, SharedDocument } from './api.ts';
import { checksum, type Send } from './transfer.ts';

/** A file on its way to the conference. */
export interface Adding {
  key: string;
  name: string;
  size: number;
  phase: 'queued' | 'preparing' | 'sending' | 'waiting' | 'failed';
  /** Of the phase, 0 to 1. */
  progress: number;
  /** Why it failed, or why it waits for another attempt. */
  problem: Problem | null;
}

export interface UploadsDeps {
  api: Pick<DocumentsApi, 'announce' | 'renew' | 'complete' | 'remove'>;
  send: Send;
  timers: Timers;
  /** A document is there for all. */
  added(document: SharedDocument): void;
}

interface Job extends Adding {
  file: File;
  sha256: string;
  /** The document's id once it is announced. */
  id: string;
  attempt: number;
  abort: AbortController;
  stopWaiting: Cancel;
}

/** Pauses before what was cut off is tried again by itself; then its person decides. */
const pauses = [1000, 3000, 10_000] as const;
const passing: ReadonlySet<string> = new Set(['network', 'timeout', 'unavailable']);

/**
 * Sends one file after the other, each whole or not at all.
 *
 *     queued -> preparing -> sending -> gone (added)
 *     preparing | sending -> waiting -> queued;  -> failed -> queued (retry);  any -> gone (cancel)
 */
export class Uploads {
  readonly #list = signal<readonly Adding[]>([]);
  readonly #jobs = new Map<string, Job>();
  readonly #deps: UploadsDeps;
  #count = 0;
  #busy = false;

  constructor(deps: UploadsDeps) {
    this.#deps = deps;
  }

  get list(): ReadonlySignal<readonly Adding[]> {
    return this.#list;
  }

  /** `problem` says why the file cannot be added: then it is only shown. */
  add(file: File, problem: Problem | null): void {
    const key = String(++this.#count);
    this.#jobs.set(key, {
      key,
      name: file.name,
      size: file.size,
      phase: problem === null ? 'queued' : 'failed',
      progress: 0,
      problem,
      file,
      sha256: '',
      id: '',
      attempt: 0,
      abort: new AbortController(),
      stopWaiting: () => {},
    });
    this.#tell();
    void this.#next();
  }

  /** Takes a file back, or a failure out of the list. */
  cancel(key: string): void {
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    this.#jobs.delete(key);
    job.stopWaiting();
    job.abort.abort();
    this.#tell();
    // What fails here is cleaned away by the server.
    if (job.id !== '') this.#deps.api.remove(job.id).catch(() => {});
  }

  retry(key: string): void {
    const job = this.#jobs.get(key);
    if (job?.phase !== 'failed' || !canRetry(job)) return;
    job.attempt = 0;
    this.#queue(job);
  }

  /** The network is back: nothing waits any longer. */
  wake(): void {
    for (const job of this.#jobs.values()) {
      if (job.phase !== 'waiting') continue;
      job.stopWaiting();
      this.#queue(job);
    }
  }

  close(): void {
    for (const key of this.#jobs.keys()) this.cancel(key);
  }

  #queue(job: Job): void {
    this.#set(job, { phase: 'queued', progress: 0, problem: null });
    void this.#next();
  }

  async #next(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let job = this.#first(); job !== undefined; job = this.#first()) await this.#run(job);
    this.#busy = false;
  }

  #first(): Job | undefined {
    return [...this.#jobs.values()].find(({ phase }) => phase === 'queued');
  }

  async #run(job: Job): Promise<void> {
    try {
      const document = await this.#transfer(job);
      if (!this.#jobs.delete(job.key)) return;
      this.#tell();
      this.#deps.added(document);
    } catch (cause) {
      if (job.abort.signal.aborted) return;
      this.#fail(job, asProblem(cause));
    }
  }

  async #transfer(job: Job): Promise<SharedDocument> {
    const { api, send } = this.#deps;
    const { file, abort } = job;
    const part = (bytes: number) => this.#set(job, { progress: bytes / Math.max(1, file.size) });
    if (job.sha256 === '') {
      this.#set(job, { phase: 'preparing', progress: 0 });
      job.sha256 = await checksum(file, part, abort.signal);
    }
    this.#set(job, { phase: 'sending', progress: 0 });
    if (job.id !== '') {
      // It may have arrived before the answer was cut off.
      const there = await api.complete(job.id).catch(unlessConflict);
      if (there !== null) return there;
    }
    // More than the server takes is no name, and no type.
    const [name, type, size] = [shortened(file.name), file.type.slice(0, 100), file.size];
    const announced =
      job.id === ''
        ? await api.announce({ name, type, size, sha256: job.sha256 }).catch(asFull)
        : await api.renew(job.id);
    job.id = announced.id;
    if (abort.signal.aborted) {
      api.remove(job.id).catch(() => {});
      abort.signal.throwIfAborted();
    }
    await send(announced.upload, file, part, abort.signal);
    return api.complete(job.id);
  }

  #fail(job: Job, problem: Problem): void {
    if (problem.code === 'not-found') job.id = ''; // it has been waited for too long
    const pause = pauses[job.attempt++];
    const again = passing.has(problem.code) || problem.code === 'not-found';
    if (!again || pause === undefined) {
      this.#set(job, { phase: 'failed', progress: 0, problem });
      return;
    }
    this.#set(job, { phase: 'waiting', progress: 0, problem });
    const wait = Math.max(pause, 1000 * (problem.retryAfter ?? 0));
    job.stopWaiting = this.#deps.timers.after(wait, () => this.#queue(job));
  }

  #set(job: Job, changes: Partial<Adding>): void {
    Object.assign(job, changes);
    if (this.#jobs.has(job.key)) this.#tell();
  }

  #tell(): void {
    this.#list.value = [...this.#jobs.values()].map(
      ({ key, name, size, phase, progress, problem }) => {
        return { key, name, size, phase, progress, problem };
      },
    );
  }
}

/** Another attempt would say the same. */
const hopeless: ReadonlySet<string> = new Set(['too-large', 'empty', 'forbidden']);

export function canRetry({ problem }: Pick<Adding, 'problem'>): boolean {
  return problem === null || !hopeless.has(problem.code);
}

/** The longest name that the server takes; the end says what kind of file it is. */
const longest = 200;

function shortened(name: string): string {
  const letters = [...name.normalize('NFC')];
  return letters.length <= longest ? name : letters.slice(-longest).join('');
}

/** The conference has no room for another one. */
function asFull(cause: unknown): never {
  const problem = asProblem(cause);
  throw problem.code === 'conflict' ? new Problem('full', { cause }) : problem;
}

function unlessConflict(cause: unknown): null {
  if (asProblem(cause).code === 'conflict') return null;
  throw cause;
}
