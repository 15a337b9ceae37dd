import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8');

/** The light and the dark value of a token, the brand's being Coopnet's own. */
function token(name: string): [string, string] {
  const colour = String.raw`(?:var\(--[\w-]+, )?(#\w{6})\)?`;
  const pair = new RegExp(`^  --${name}: light-dark\\(\\s*${colour},\\s*${colour}\\s*\\);`, 'm');
  const both = pair.exec(css);
  if (both !== null) return [both[1] ?? '', both[2] ?? ''];
  const one = new RegExp(`^  --${name}: (#\\w{6});`, 'm').exec(css)?.[1];
  if (one === undefined) throw new Error(`tokens.css has no --${name}`);
  return [one, one];
}

/** The ratio of WCAG 2.2. */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

const grounds = ['ground', 'surface', 'raised', 'sunken', 'band', 'tint'];

it.each([
  ...grounds.flatMap((ground) => [
    ['ink', ground],
    ['soft', ground],
  ]),
  ...['ground', 'surface', 'raised', 'tint'].map((ground) => ['accent', ground]),
  ...['bad', 'good', 'notice'].flatMap((word) => [
    [word, `${word}-tint`],
    [word, 'surface'],
    [word, 'ground'],
    ['ink', `${word}-tint`],
  ]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-over'],
  ['on-stage', 'stage'],
  ['on-stage-soft', 'stage'],
  ['on-paper-soft', 'paper'],
])('lets %s be read on %s in both themes', (text = '', ground = '') => {
  for (const theme of [0, 1] as const) {
    expect(contrast(token(text)[theme], token(ground)[theme])).toBeGreaterThanOrEqual(4.5);
  }
});

it.each(['ground', 'surface', 'raised'])('shows the edge of an entry on %s', (ground) => {
  for (const theme of [0, 1] as const) {
    expect(contrast(token('edge')[theme], token(ground)[theme])).toBeGreaterThanOrEqual(3);
  }
});

it('leaves no style sheet a colour or a name of its own', () => {
  const source = new URL('../../', import.meta.url);
  const sheets = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.css'),
  );
  const known = new Set([...css.matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
  const found: string[] = [];
  for (const file of sheets) {
    if (file.endsWith('tokens.css')) continue;
    const text = readFileSync(new URL(file, source), 'utf8');
    const own = new Set([...text.matchAll(/^\s*(--[\w-]+):/gm)].map(([, name]) => name));
    for (const [colour] of text.matchAll(/#[0-9a-f]{3,8}\b(?=[^{}]*;)|\brgba?\(/gi))
      found.push(`${file}: ${colour}`);
    for (const [, name] of text.matchAll(/var\((--[\w-]+)\)/g))
      if (!known.has(name) && !own.has(name) && !machine.has(name ?? ''))
        found.push(`${file}: ${name}`);
  }
  expect(found).toEqual([]);
});

/** What the components' machines set. */
const machine = new Set(['--x', '--y', '--opacity', '--z-index', '--height', '--reference-width']);
