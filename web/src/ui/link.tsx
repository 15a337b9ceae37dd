import type { ComponentChildren, JSX } from 'preact';
import type { Address, Router } from '../router.ts';
import { useServices } from './services.ts';

export interface LinkProps {
  to: Address;
  class?: string;
  children: ComponentChildren;
}

function current({ route, topic }: Router, to: Address): boolean {
  const shown = topic.value === '' ? route.value : `${route.value}/${topic.value}`;
  return shown === to;
}

/** A real link that stays inside the page unless the guest asks for a new tab. */
export function Link({ to, class: look, children }: LinkProps): JSX.Element {
  const { router } = useServices().portal;
  return (
    <a
      href={to}
      class={look}
      aria-current={current(router, to) ? 'page' : undefined}
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
