import { batch, signal, type ReadonlySignal } from '@preact/signals';

export const routes = [
  '/',
  '/identify',
  '/choice',
  '/conference',
  '/tool',
  '/support',
  '/support/desk',
  '/prerequisites',
  '/help',
  '/diagnostic',
] as const;
export type Route = (typeof routes)[number];
/** A page, or a topic of the help. */
export type Address = Route | `/help/${string}`;

const topics = '/help/';

/** The page on show, kept in step with the address bar. */
export class Router {
  readonly #window: Window;
  readonly #route: ReturnType<typeof signal<Route | null>>;
  readonly #topic: ReturnType<typeof signal<string>>;
  /** Whether the guest has moved inside the portal: then the new page's heading takes the focus. */
  moved = false;

  constructor(from: Window) {
    this.#window = from;
    this.#route = signal(routeOf(from.location.pathname));
    this.#topic = signal(topicOf(from.location.pathname));
    from.addEventListener('popstate', () => {
      this.moved = true;
      this.#show(from.location.pathname);
    });
  }

  /** Calls back when an invitation link is opened in a page that is open already: the page is not loaded anew. */
  onInvitation(take: (code: string) => void): void {
    this.#window.addEventListener('hashchange', () => {
      const code = this.takeInvitation();
      if (code !== null) take(code);
    });
  }

  /** Null for an address that is no page of ours. */
  get route(): ReadonlySignal<Route | null> {
    return this.#route as ReadonlySignal<Route | null>;
  }

  /** The topic of the help that is on show; empty for none. */
  get topic(): ReadonlySignal<string> {
    return this.#topic as ReadonlySignal<string>;
  }

  go(to: Address, how: 'push' | 'replace' = 'push'): void {
    if (this.#route.value === routeOf(to) && this.#topic.value === topicOf(to)) return;
    this.moved = true;
    if (how === 'push') this.#window.history.pushState(null, '', to);
    else this.#window.history.replaceState(null, '', to);
    this.#window.scrollTo(0, 0);
    this.#show(to);
  }

  #show(path: string): void {
    batch(() => {
      this.#route.value = routeOf(path);
      this.#topic.value = topicOf(path);
    });
  }

  /** The code of an invitation link; it leaves the address bar and the history at once. */
  takeInvitation(): string | null {
    return this.#take('invitation');
  }

  /** Why the company's sign-in sent the browser back without a session. */
  takeSignIn(): string | null {
    return this.#take('sign-in');
  }

  #take(name: string): string | null {
    const { hash, pathname, search } = this.#window.location;
    const value = new URLSearchParams(hash.slice(1)).get(name);
    if (value === null) return null;
    this.#window.history.replaceState(null, '', pathname + search);
    return value === '' ? null : value;
  }
}

function topicOf(path: string): string {
  return path.startsWith(topics) ? path.slice(topics.length) : '';
}

function routeOf(path: string): Route | null {
  if (topicOf(path) !== '') return '/help';
  return routes.find((route) => route === path) ?? null;
}
