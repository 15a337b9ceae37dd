/** Names of what can be drawn on and pointed at. */
export const board = 'board';

export function surfaceOfShare(publication: string): string {
  return `share/${publication}`;
}

export function surfaceOfPage(document: string, page: number): string {
  return `page/${document}/${page}`;
}

/** Coordinates are parts of a surface's width and height. */
export const extent = 10_000;

/** A coordinate as the relay takes it. */
export function coordinate(part: number): number {
  return Math.round(Math.min(Math.max(part, 0), extent));
}
