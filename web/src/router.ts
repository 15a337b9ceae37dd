import { signal, type ReadonlySignal } from '@preact/signals';

export const routes = [
  '/',
  '/identify',
  '/choice',
  '/conference',
  '/tool',
  '/support',
  '/support/desk',
  '/prerequisites',
  '/diagnostic',
] as const;
export type Route = (typeof routes)[number];

/** The page on show, kept in step with the address bar. */
export class Router {
  readonly #window: Window;
  readonly #route: ReturnType<typeof signal<Route | null>>;
  /** Whether the guest has moved inside the portal: then the new page's heading takes the focus. */
  moved = false;

  constructor(from: Window) {
    this.#window = from;
    this.#route = signal(routeOf(from.location.pathname));
    from.addEventListener('popstate', () => {
      this.moved = true;
      this.#route.value = routeOf(from.location.pathname);
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

  go(route: Route, how: 'push' | 'replace' = 'push'): void {
    if (this.#route.value === route) return;
    this.moved = true;
    if (how === 'push') this.#window.history.pushState(null, '', route);
    else this.#window.history.replaceState(null, '', route);
    this.#window.scrollTo(0, 0);
    this.#route.value = route;
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

function routeOf(path: string): Route | null {
  return routes.find((route) => route === path) ?? null;
}
