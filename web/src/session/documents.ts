import { signal, type ReadonlySignal } from '@preact/signals-core';
import type { ControlChannel } from './control.ts';
import type { DocumentsApi, Limits, Listing, SharedDocument } from './documents/api.ts';
import type { Send } from './documents/transfer.ts';
import { Uploads } from './documents/uploads.ts';
import { asProblem, Problem } from './problem.ts';
import type { Cancel, Timers } from './timers.ts';
import type { FromRelay } from './wire.ts';

/** An opened document: what can be shown of it. Pages count from 1; what fails is a Problem. */
export interface Pages<Surface = unknown> {
  readonly count: number;
  /** In units of its own. */
  size(page: number): Promise<{ width: number; height: number }>;
  /** Fills a surface. A later call ends an earlier one. */
  draw(page: number, on: Surface): Promise<void>;
  /** Its text, for who cannot see it. */
  text(page: number): Promise<string>;
  close(): void;
}

export interface DocumentsDeps<Surface> {
  channel: Pick<ControlChannel, 'listen' | 'send'>;
  api: Pick<DocumentsApi, 'list' | 'announce' | 'renew' | 'complete' | 'link' | 'remove'>;
  send: Send;
  /** The whole file behind a link. */
  load(url: string, most: number): Promise<Blob>;
  /** Throws a Problem for what cannot be shown. */
  open(file: Blob): Promise<Pages<Surface>>;
  timers: Timers;
  random(): number;
}

/** Those who hear of a change at the same moment do not all ask at the same moment. */
const jitter = 1500;
const againAfter = 10_000;

/** The conference's documents: the list as it is now, what is being added, and the one that is shown. */
export class Documents<Surface = unknown> {
  readonly #listing = signal<Listing | null>(null);
  readonly #problem = signal<Problem | null>(null);
  readonly #latest = signal<SharedDocument | null>(null);
  readonly #deps: DocumentsDeps<Surface>;
  readonly #uploads: Uploads;
  readonly #stop: Cancel;
  #timer: Cancel = () => {};
  /** Counts questions for the list; the answer to an older one is ignored. */
  #asked = 0;
  /** The relay has not been told of a change yet. */
  #untold = false;
  #open: { id: string; pages: Promise<Pages<Surface>> } | null = null;
  #closed = false;

  constructor(deps: DocumentsDeps<Surface>) {
    this.#deps = deps;
    this.#uploads = new Uploads({ ...deps, added: (document) => this.#added(document) });
    this.#stop = deps.channel.listen((message) => this.#take(message));
  }

  /** Null until it is known for the first time. */
  get listing(): ReadonlySignal<Listing | null> {
    return this.#listing;
  }

  /** Why the list could not be fetched the last time. */
  get problem(): ReadonlySignal<Problem | null> {
    return this.#problem;
  }

  /** What was added here just now. */
  get latest(): ReadonlySignal<SharedDocument | null> {
    return this.#latest;
  }

  get adding(): Uploads['list'] {
    return this.#uploads.list;
  }

  add(files: Iterable<File>): void {
    const limits = this.#listing.peek()?.limits;
    if (limits === undefined) return;
    for (const file of files) this.#uploads.add(file, this.#refusal(file, limits));
  }

  cancel(key: string): void {
    this.#uploads.cancel(key);
  }

  retry(key: string): void {
    this.#uploads.retry(key);
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#deps.api.remove(id);
    } catch (cause) {
      if (asProblem(cause).code !== 'not-found') throw cause; // somebody else was quicker
    }
    this.#change((items) => items.filter((item) => item.id !== id));
  }

  /** Where the file can be had for some minutes. */
  link(id: string): Promise<string> {
    return this.#deps.api.link(id);
  }

  /** Opens a document to show it. One is kept open: the others of its kind are closed. */
  pages(id: string): Promise<Pages<Surface>> {
    if (this.#open?.id === id) return this.#open.pages;
    this.shut();
    const pages = this.#read(id);
    const open = { id, pages };
    this.#open = open;
    pages.catch(() => {
      if (this.#open === open) this.#open = null; // the next one tries again
    });
    return pages;
  }

  /** Gives back what an open document takes. */
  shut(): void {
    this.#open?.pages.then(
      (pages) => pages.close(),
      () => {},
    );
    this.#open = null;
  }

  /** Fetches the list now. */
  refresh(): void {
    void this.#fetch();
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    this.#timer();
    this.#uploads.close();
    this.shut();
  }

  async #read(id: string): Promise<Pages<Surface>> {
    const most = this.#listing.peek()?.limits.size ?? 50 << 20;
    const file = await this.#deps.load(await this.#deps.api.link(id), most);
    const pages = await this.#deps.open(file);
    if (this.#closed) pages.close();
    return pages;
  }

  #refusal(file: File, limits: Limits): Problem | null {
    const items = this.#listing.peek()?.items ?? [];
    const coming = this.#uploads.list.peek().filter(({ phase }) => phase !== 'failed');
    const sum = [...items, ...coming].reduce((all, { size }) => all + size, file.size);
    if (file.size === 0) return new Problem('empty');
    if (file.size > limits.size) return new Problem('too-large');
    const full = items.length + coming.length >= limits.count || sum > limits.total;
    return full ? new Problem('full') : null;
  }

  #take(message: FromRelay): void {
    if (message.type === 'room.state') {
      if (this.#untold) this.#announce();
      this.#uploads.wake();
      // All pages come back at once when a relay does.
      if (this.#listing.peek() === null) this.refresh();
      else this.#later(jitter * this.#deps.random());
    } else if (message.type === 'document.changed') {
      this.#later(jitter * this.#deps.random());
    }
  }

  #later(milliseconds: number): void {
    this.#timer();
    this.#timer = this.#deps.timers.after(milliseconds, () => this.refresh());
  }

  async #fetch(): Promise<void> {
    this.#timer();
    const mine = ++this.#asked;
    try {
      const listing = await this.#deps.api.list();
      if (mine !== this.#asked || this.#closed) return;
      this.#listing.value = listing;
      this.#problem.value = null;
    } catch (cause) {
      if (mine !== this.#asked || this.#closed) return;
      this.#problem.value = asProblem(cause);
      this.#later(againAfter * (1 + this.#deps.random()));
    }
  }

  #added(document: SharedDocument): void {
    this.#latest.value = document;
    this.#change((items) => [...items.filter(({ id }) => id !== document.id), document]);
  }

  /** Shows a change at once, and lets the others fetch it. */
  #change(apply: (items: SharedDocument[]) => SharedDocument[]): void {
    this.#asked++; // an answer that is under way is from before
    const listing = this.#listing.peek();
    if (listing !== null) this.#listing.value = { ...listing, items: apply(listing.items) };
    this.#announce();
    this.#later(jitter);
  }

  #announce(): void {
    this.#untold = !this.#deps.channel.send({ type: 'document.changed' });
  }
}
