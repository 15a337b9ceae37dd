import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { en } from './en.ts';
import { filled } from './fill.ts';
import { fr } from './fr.ts';
import { inSeconds, preferredLanguage, Texts, type Language } from './texts.ts';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

it('has the same keys in both languages, with the same places to fill', () => {
  expect(Object.keys(fr).toSorted()).toEqual(Object.keys(en).toSorted());
  for (const [key, text] of Object.entries(en)) {
    const other = fr[key as keyof typeof en];
    expect(other, key).not.toBe('');
    expect(placeholders(other), key).toEqual(placeholders(text));
  }
});

it('has no text that no page uses', () => {
  const source = new URL('../', import.meta.url);
  const code = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.') && !file.startsWith('text/'))
    .map((file) => readFileSync(new URL(file, source), 'utf8'))
    .join('\n');
  // A key is written out, or built as `area.${word}` or `area.${word}.end`.
  const built = [...code.matchAll(/`([\w.]*)\$\{[^}]+\}([\w.]*)`/g)].map(
    ([, start = '', end = '']) => new RegExp(`^${start}[\\w-]+${end}$`.replaceAll('.', '\\.')),
  );
  const prefixes = built.filter(({ source: pattern }) => pattern.length > '^[\\w-]+$'.length + 2);
  const unused = Object.keys(en).filter(
    (key) => !code.includes(`'${key}'`) && !prefixes.some((pattern) => pattern.test(key)),
  );
  expect(unused).toEqual([]);
});

it('writes French with no-break spaces before the double signs', () => {
  for (const [key, text] of Object.entries(fr)) {
    expect(text, key).not.toMatch(/ [;:?!»]|« /);
    expect(text, key).not.toMatch(/'/);
  }
});

it.each([
  [['fr-CA', 'en'], 'fr'],
  [['de', 'en-GB'], 'en'],
  [['de-DE', 'fr'], 'fr'],
  [[], 'en'],
])('chooses the language of %j', (wanted, language) => {
  expect(preferredLanguage(wanted)).toBe(language);
});

it('remembers the choice, tells the document, and fills in', async () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const document = { documentElement: { lang: '' } };
  const load = vi.fn((language: Language) => Promise.resolve(language === 'fr' ? fr : en));
  const texts = new Texts({ load, storage, wanted: ['en'], document });
  await texts.start();
  expect(document.documentElement.lang).toBe('en');
  await texts.choose('fr');
  expect(document.documentElement.lang).toBe('fr');
  expect(texts.translate('share.live', { label: 'Écran' })).toContain('Écran');
  const later = new Texts({ load, storage, wanted: ['en'], document });
  await later.start();
  expect(later.language.value).toBe('fr');
});

it('says when in words', () => {
  expect(inSeconds(30, 'en')).toBe('in 30 seconds');
  expect(inSeconds(150, 'fr')).toBe('dans 3\u00a0minutes'.replace('\u00a0', ' '));
});

it('keeps a name from right to left apart', () => {
  expect(filled('{name} · {label}', { name: 'دانا', label: 'Plan' })).toBe(
    '\u2068دانا\u2069 · Plan',
  );
  expect(filled('{count} of {all}', { count: 2 })).toBe('2 of {all}');
});
