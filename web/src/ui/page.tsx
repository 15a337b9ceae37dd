import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useServices } from './services.ts';

export interface PageProps {
  /** What the browser's tab says. */
  page: string;
  title: string;
  eyebrow?: string;
  lead?: string;
  wide?: boolean;
  children: ComponentChildren;
}

/** One page's landmark and heading; after a move inside the portal the heading takes the focus. */
export function Page({ page, title, eyebrow, lead, wide, children }: PageProps): JSX.Element {
  const { router } = useServices().portal;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${page} – Coopnet`;
  }, [page]);
  useEffect(() => {
    if (router.moved) heading.current?.focus();
  }, [router]);
  return (
    <main id="content" class={wide ? 'page wide' : 'page'} tabIndex={-1}>
      <header class="page-head">
        {eyebrow && <p class="eyebrow">{eyebrow}</p>}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <p class="lead">{lead}</p>}
      </header>
      {children}
    </main>
  );
}
