import { backoff } from './backoff.ts';
import { batchIn, type Batch } from './batch.ts';
import type { Carrier, Hearing } from './carrier.ts';
import { asProblem, Problem, problemOf } from './problem.ts';
import type { Fetch } from './request.ts';
import type { Timers } from './timers.ts';
import { read, type ToRelay } from './wire.ts';

export interface PollDeps {
  fetch: Fetch;
  timers: Timers;
  random(): number;
}

/** What the relay has not taken; a page that is so far behind has no relay. */
const maxOutbox = 64;
const maxMessages = 20;
/** Input of a controller waits where it can be gathered, and leaves place for all else. */
const maxInputs = maxMessages;
/** The relay answers once a second when nothing happens; a cache in between would answer at once, for ever. */
const tooSoon = 250;

/** So many requests in a row that fail are a lost connection. */
const enoughFailures = 3;
/** What a browser says of a WebSocket that ended without a close code. */
const lost = 1006;

/**
 * The control channel over HTTP: a request waits for the relay's messages, another one brings ours.
 * Both count, so that a request may be sent again whatever became of its answer.
 */
export class PollCarrier implements Carrier {
  readonly #deps: PollDeps;
  readonly #hearing: Hearing;
  readonly #abort = new AbortController();
  readonly #outbox: ToRelay[] = [];
  #location = '';
  /** Messages of the relay that have arrived. */
  #had = 0;
  /** Our messages that the relay has. */
  #taken = 0;
  #polls = 0;
  #sending = false;
  #left = false;

  constructor(deps: PollDeps, endpoint: string, token: string, hearing: Hearing) {
    this.#deps = deps;
    this.#hearing = hearing;
    void this.#open(endpoint, token);
  }

  send(message: ToRelay): boolean {
    const most = message.type === 'control.input' ? maxInputs : maxOutbox;
    if (this.#location === '' || this.#left || this.#outbox.length >= most) return false;
    this.#outbox.push(message);
    void this.#flush();
    return true;
  }

  close(): void {
    if (this.#left) return;
    this.#left = true;
    this.#abort.abort();
    this.#release();
  }

  async #open(endpoint: string, token: string): Promise<void> {
    try {
      const response = await this.#post(endpoint, { type: 'hello', token });
      const location = response.headers.get('Location');
      if (response.status === 201 && location !== null) {
        this.#location = new URL(location, endpoint).href;
        // Left while the answer was under way.
        if (this.#left) this.#release();
      }
      this.#deliver(await batchIn(response));
    } catch (cause) {
      this.#end(lost, asProblem(cause));
      return;
    }
    if (this.#location === '') this.#end(lost, new Problem('unexpected'));
    else await this.#listen();
  }

  /** Fetches until the end; the silence of a request that is never answered is noticed by the channel. */
  async #listen(): Promise<void> {
    for (let failures = 0; !this.#left;) {
      const asked = this.#deps.timers.now();
      try {
        // The number makes each address new, whatever a cache has been told.
        const address = `${this.#location}?after=${this.#had}&poll=${++this.#polls}`;
        const init = { ...anonymous, signal: this.#abort.signal };
        const batch = await batchIn(await this.#deps.fetch(address, init));
        failures = 0;
        this.#deliver(batch);
        const early = batch.messages.length === 0 && this.#deps.timers.now() - asked < tooSoon;
        if (early) await this.#pause(tooSoon);
      } catch (cause) {
        if (failures + 1 === enoughFailures) this.#end(lost, asProblem(cause));
        if (!this.#gone(cause)) await this.#pause(backoff(failures++, this.#deps.random));
      }
    }
  }

  #deliver({ after, messages, end }: Batch): void {
    if (after > this.#had) throw new Problem('conflict');
    if (messages.length === 0 && !this.#left) this.#hearing.heard(() => null);
    for (const value of messages.slice(this.#had - after)) {
      if (this.#left) return;
      this.#had++;
      this.#hearing.heard(() => read(value));
    }
    if (end !== null) this.#end(end.code, null);
  }

  async #flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    for (let failures = 0; !this.#left && this.#outbox.length > 0;) {
      const messages = this.#outbox.slice(0, maxMessages);
      try {
        const body = { after: this.#taken, messages };
        const response = await this.#post(`${this.#location}/messages`, body);
        if (!response.ok) throw await problemOf(response);
        this.#taken += messages.length;
        this.#outbox.splice(0, messages.length);
        failures = 0;
      } catch (cause) {
        if (!this.#gone(cause)) await this.#pause(backoff(failures++, this.#deps.random));
      }
    }
    this.#sending = false;
  }

  /** The relay does not know the channel, or not from here on: asking again cannot help. */
  #gone(cause: unknown): boolean {
    const problem = asProblem(cause);
    const hopeless = problem.code === 'not-found' || problem.code === 'conflict';
    if (hopeless) this.#end(lost, new Problem('network', { cause }));
    return hopeless;
  }

  #end(code: number, problem: Problem | null): void {
    if (this.#left) return;
    this.close();
    this.#hearing.closed(code, problem);
  }

  /** Works while the page goes away; a failure is harmless: the relay notices that nobody asks. */
  #release(): void {
    if (this.#location === '') return;
    const init = { method: 'DELETE', ...anonymous, keepalive: true };
    this.#deps.fetch(this.#location, init).catch(() => {});
  }

  #post(address: string, body: object): Promise<Response> {
    return this.#deps.fetch(address, {
      method: 'POST',
      ...anonymous,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.#abort.signal,
    });
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      this.#deps.timers.after(milliseconds, done);
    });
  }
}

const anonymous = { mode: 'cors', credentials: 'omit', cache: 'no-store' } as const;
