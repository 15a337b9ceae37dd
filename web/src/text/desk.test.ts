import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { en } from './desk/en.ts';
import { fr } from './desk/fr.ts';

const placeholders = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted();

it('has the same keys in both languages, with the same places to fill', () => {
  expect(Object.keys(fr).toSorted()).toEqual(Object.keys(en).toSorted());
  for (const [key, text] of Object.entries(en)) {
    expect(placeholders(fr[key as keyof typeof en]), key).toEqual(placeholders(text));
    expect(fr[key as keyof typeof en], key).not.toBe('');
  }
});

it('writes French with no-break spaces before the double signs', () => {
  for (const [key, text] of Object.entries(fr)) {
    expect(text, key).not.toMatch(/ [;:?!»]|« |'/);
  }
});

it('has no text that the desk does not use', () => {
  const desk = new URL('../pages/desk/', import.meta.url);
  const code = readdirSync(desk)
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readFileSync(new URL(file, desk), 'utf8'))
    .join('\n');
  const built = [...code.matchAll(/`([\w.]+)\$\{[^}]+\}`/g)].map(([, start = '']) => start);
  const unused = Object.keys(en).filter(
    (key) => !code.includes(`'${key}'`) && !built.some((start) => key.startsWith(start)),
  );
  expect(unused).toEqual([]);
});
