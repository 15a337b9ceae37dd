import type { ComponentChildren, JSX } from 'preact';
import type { Route } from '../router.ts';
import { useServices } from './services.ts';

export interface LinkProps {
  to: Route;
  class?: string;
  children: ComponentChildren;
}

/** A real link that stays inside the page unless the guest asks for a new tab. */
export function Link({ to, class: look, children }: LinkProps): JSX.Element {
  const { router } = useServices().portal;
  return (
    <a
      href={to}
      class={look}
      aria-current={router.route.value === to ? 'page' : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        router.go(to);
      }}
    >
      {children}
    </a>
  );
}
