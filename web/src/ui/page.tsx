import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useBrand, useServices } from './services.ts';

export interface PageProps {
  /** What the browser's tab says. */
  page: string;
  title: string;
  eyebrow?: string;
  lead?: string;
  wide?: boolean;
  /** Beside the heading: what concerns the whole page. */
  action?: ComponentChildren;
  children: ComponentChildren;
}

/** What the browser's tab says. */
export function useTitle(page: string): void {
  const { shortName } = useBrand();
  useEffect(() => {
    document.title = `${page} – ${shortName}`;
  }, [page, shortName]);
}

/** One page's landmark and heading; after a move inside the portal the heading takes the focus. */
export function Page(props: PageProps): JSX.Element {
  const { page, title, eyebrow, lead, wide, action, children } = props;
  const { router } = useServices().portal;
  const heading = useRef<HTMLHeadingElement>(null);
  useTitle(page);
  useEffect(() => {
    if (router.moved) heading.current?.focus();
  }, [router]);
  return (
    <main id="content" class={wide ? 'page wide' : 'page'} tabIndex={-1}>
      <header class={action ? 'page-head with-action' : 'page-head'}>
        {eyebrow && <p class="eyebrow">{eyebrow}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p class="lead">{lead}</p>}
        {action && <div class="page-action">{action}</div>}
      </header>
      {children}
    </main>
  );
}
