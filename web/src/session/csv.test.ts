import { expect, it } from 'vitest';
import { csv } from './csv.ts';

it('writes what RFC 4180 says', () => {
  const rows = [
    ['Name', 'Text'],
    ['Ann, Bob', 'say "hi"\nand go'],
  ];
  expect(csv(rows)).toBe('\uFEFFName,Text\r\n"Ann, Bob","say ""hi""\nand go"\r\n');
});

it.each(['=1+1', '+33 1', '-2', '@SUM(A1)', '\t=1', '\r=1', '  =cmd|x', '＝1'])(
  'makes no formula of %j',
  (text) => {
    expect(csv([[text]])).toMatch(/^\uFEFF"?'/);
  },
);

it('leaves the rest alone', () => {
  expect(csv([['a-b', 'x=y', 'Élodie', '']])).toBe('\uFEFFa-b,x=y,Élodie,\r\n');
});
