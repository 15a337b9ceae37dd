import { expect, it } from 'vitest';
import type { Drawing, Tool } from '../../../session/wire.ts';
import { deedOf, keysOf } from './keys.ts';
import { hits, linesOf, pathOf, rowsOf } from './shapes.ts';

const ratio = 0.5;
const shape = (tool: Tool, points: number[], text = ''): Drawing => {
  return { key: 'k', tool, colour: '#14222a', width: 4, points, text };
};

it('lays points out on a paper that is as high as the surface', () => {
  expect(pathOf(shape('pen', [0, 0, 100, 200, 300, 400]), ratio)).toBe('M0 0L100 100L300 200');
  expect(pathOf(shape('rectangle', [0, 0, 1000, 2000]), ratio)).toBe(
    'M0 0L1000 0L1000 1000L0 1000L0 0',
  );
  expect(pathOf(shape('pen', [50, 50]), ratio)).toBe('M50 25L50 25');
  expect(pathOf(shape('line', []), ratio)).toBe('');
});

it('gives an arrow a head at its end', () => {
  const [line, head] = linesOf(shape('arrow', [0, 0, 5000, 0]), ratio);
  expect(line).toEqual([
    { x: 0, y: 0 },
    { x: 5000, y: 0 },
  ]);
  expect(head?.[1]).toEqual({ x: 5000, y: 0 });
  expect(head?.[0]?.x).toBeLessThan(5000);
});

it('finds the shape under the eraser', () => {
  const line = shape('line', [0, 0, 10_000, 0]);
  expect(hits(line, ratio, { x: 5000, y: 60 }, 50)).toBe(true);
  expect(hits(line, ratio, { x: 5000, y: 80 }, 50)).toBe(false);
  const round = shape('ellipse', [0, 0, 4000, 8000]);
  expect(hits(round, ratio, { x: 4000, y: 2000 }, 20)).toBe(true);
  expect(hits(round, ratio, { x: 2000, y: 2000 }, 20)).toBe(false);
  const words = shape('text', [1000, 1000], 'Hello\nyou');
  expect(hits(words, ratio, { x: 1100, y: 600 }, 0)).toBe(true);
  expect(hits(words, ratio, { x: 5000, y: 600 }, 0)).toBe(false);
});

it('writes a text line by line', () => {
  expect(rowsOf(shape('text', [1000, 1000], 'Hello\nyou'), ratio)).toEqual([
    { text: 'Hello', x: 1000, y: 670 },
    { text: 'you', x: 1000, y: 920 },
  ]);
});

it('has one deed for each key, and no letters for who speaks', () => {
  const all = Object.values(keysOf).flat();
  expect(new Set(all).size).toBe(all.length);
  const press = (key: string, more = {}) => ({
    key,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });
  expect(deedOf(press('F'), true)).toBe('full');
  expect(deedOf(press('f'), false)).toBe(null);
  expect(deedOf(press('Escape'), false)).toBe('hand');
  expect(deedOf(press('f', { ctrlKey: true }), true)).toBe(null);
  expect(deedOf(press('z', { ctrlKey: true }), false)).toBe('undo');
});
