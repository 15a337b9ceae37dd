import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Areas with texts of their own: folders with en.ts and fr.ts. */
const here = new URL('./', import.meta.url);
const areas = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
type Catalogue = Readonly<Record<string, string>>;
const catalogues = import.meta.glob<Record<string, Catalogue>>('./*/{en,fr}.ts', { eager: true });
const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

function catalogue(area: string, language: string): Catalogue {
  const found = catalogues[`./${area}/${language}.ts`]?.[language];
  if (found === undefined) throw new Error(`${area} has no texts in ${language}`);
  return found;
}

/** Everything that may use a text. */
function code(): string {
  const source = new URL('../', here);
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.|^text\/|\/testing\//.test(file))
    .map((file) => readFileSync(new URL(file, source), 'utf8'))
    .join('\n');
}

describe.each(areas)('the texts of %s', (area) => {
  const en = catalogue(area, 'en');
  const fr = catalogue(area, 'fr');

  it('have the same keys in both languages, with the same places to fill', () => {
    expect(Object.keys(fr).toSorted()).toEqual(Object.keys(en).toSorted());
    for (const [key, text] of Object.entries(en)) {
      expect(placeholders(fr[key] ?? ''), key).toEqual(placeholders(text));
      expect(fr[key], key).not.toBe('');
    }
  });

  it('are written in French with no-break spaces before the double signs', () => {
    for (const [key, text] of Object.entries(fr)) expect(text, key).not.toMatch(/ [;:?!»]|« |'/);
  });

  it('are all used', () => {
    const all = code();
    // A key is written out, or built as `area.${word}` or `area.${word}.end`.
    const built = [...all.matchAll(/`([\w.]*)\$\{[^}]+\}([\w.]*)`/g)]
      .filter(([, start = '', end = '']) => start.length + end.length > 2)
      .map(([, start = '', end = '']) => [start, end] as const);
    const unused = Object.keys(en).filter(
      (key) =>
        !all.includes(`'${key}'`) &&
        !built.some(([start, end]) => key.startsWith(start) && key.endsWith(end)),
    );
    expect(unused).toEqual([]);
  });
});
