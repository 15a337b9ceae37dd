import type { Fill } from './texts.ts';

/** Letters that are written from right to left. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A text with its places filled. A name from right to left is kept apart, so that it turns no other word around. */
export function filled(text: string, fill?: Fill): string {
  if (fill === undefined) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = String(fill[name] ?? whole);
    return rightToLeft.test(value) ? `\u2068${value}\u2069` : value;
  });
}
