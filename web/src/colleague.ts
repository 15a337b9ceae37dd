import { signal, type ReadonlySignal } from '@preact/signals';
import type { Api, Session, Site } from './session/api.ts';

const key = 'coopnet.typed';

/** Colleagues: whether they can sign in here, who has, and the way to the company's sign-in. */
export class Colleagues {
  readonly #api: Api;
  readonly #storage: Storage | null;
  readonly #site = signal<Site>({ signIn: false, needsPassword: false });
  readonly #session = signal<Session | null>(null);
  readonly #refused = signal<string | null>(null);

  constructor(api: Api, storage: Storage | null) {
    this.#api = api;
    this.#storage = storage;
  }

  get site(): ReadonlySignal<Site> {
    return this.#site;
  }
  get session(): ReadonlySignal<Session | null> {
    return this.#session;
  }
  /** The code of why a sign-in did not work, or `expired`. */
  get refused(): ReadonlySignal<string | null> {
    return this.#refused;
  }

  /** The home page of who cannot ask is that of a guest. */
  async start(refused: string | null): Promise<void> {
    this.#refused.value = refused;
    try {
      const site = await this.#api.site();
      if (site.signIn) this.#session.value = await this.#api.session();
      this.#site.value = site;
    } catch {
      // The next step reports what is wrong with the server.
    }
  }

  /** Goes to the company's sign-in; the conference's name that was typed is there again afterwards. */
  keep(typed: string): void {
    try {
      this.#storage?.setItem(key, typed);
    } catch {
      // It has to be typed again.
    }
  }

  /** The name that was typed before the sign-in, once. */
  takeTyped(): string {
    try {
      const typed = this.#storage?.getItem(key) ?? '';
      this.#storage?.removeItem(key);
      return typed;
    } catch {
      return '';
    }
  }

  async signOut(): Promise<void> {
    await this.#api.signOut();
    this.#session.value = null;
    this.#refused.value = null;
  }

  /** The server knows of no session any more. */
  expired(): void {
    this.#session.value = null;
    this.#refused.value = 'expired';
  }
}

/** Where a link leads that signs in and comes back to the home page. */
export const signInAddress = '/api/v1/sign-in?return=/';
