import type { JSX } from 'preact';
import type { Work } from '../../../session/work.ts';

export interface DocumentSurfaceProps {
  work: Work;
  document: string;
  page: number;
  /** Lies exactly over the page. */
  overlay: JSX.Element;
}

/** A page of a document on the stage. */
export function DocumentSurface({ document, page, overlay }: DocumentSurfaceProps): JSX.Element {
  return (
    <div class="document-surface" data-document={document} data-page={page}>
      {overlay}
    </div>
  );
}
