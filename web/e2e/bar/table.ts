import type { Outcome } from './measure.ts';
import type { Scene } from './scenes.ts';

/** What both came to in a scene, one for each round. */
export interface Pair extends Record<Sharer, Outcome[]> {
  scene: Scene;
}

export type Sharer = 'ours' | 'theirs';

/** What is asked of a figure, and whether ours does it. */
interface Target {
  says: string;
  met(ours: number, theirs: number): boolean;
}

const atMost = (limit: number, unit: string): Target => ({
  says: `<= ${limit} ${unit}`,
  met: (ours) => ours <= limit,
});
const atLeast = (limit: number, unit: string): Target => ({
  says: `>= ${limit} ${unit}`,
  met: (ours) => ours >= limit,
});
const within = (part: number): Target => ({
  says: part === 1 ? 'no worse' : `<= ${part} x`,
  met: (ours, theirs) => ours <= part * theirs,
});

const units: Record<keyof Outcome, string> = {
  processor: 'CPU, % of a core',
  server: 'X server, % of a core',
  kilobits: 'kbit/s',
  fps: 'pictures/s',
  p50: 'latency p50, ms',
  p95: 'latency p95, ms',
  soon: 'dB after 0.4 s',
  settled: 'dB after 2 s',
};

type Targets = Partial<Record<keyof Outcome, Target>>;
const sharp: Targets = { soon: atLeast(50, 'dB'), settled: atLeast(55, 'dB') };
const moves: Targets = { ...sharp, p50: within(1) };

/** The project's bar. */
const bar: Record<Scene, Targets> = {
  'still page': { settled: atLeast(55, 'dB'), processor: atMost(0.5, '%'), kilobits: atMost(20, 'kbit/s') },
  typing: moves,
  'scrolling text': {
    ...moves,
    processor: within(0.75),
    kilobits: atMost(400, 'kbit/s'),
    fps: atLeast(25, '/s'),
  },
  'moving window': moves,
};

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

const write = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0));

/** Medians, and the least and most where there are several. */
function figure(values: number[]): string {
  const spread = values.length > 1 ? ` (${write(Math.min(...values))} to ${write(Math.max(...values))})` : '';
  return write(median(values)) + (Number.isNaN(median(values)) ? '' : spread);
}

/** One table of all scenes: ours, Chromium's, their ratio, and what is asked. */
export function table(pairs: Pair[]): string {
  const rows = [['scene', 'figure', 'ours', 'Chromium', 'ratio', 'target', '']];
  for (const { scene, ours, theirs } of pairs) {
    for (const key of Object.keys(units) as (keyof Outcome)[]) {
      const [mine, other] = [ours, theirs].map((rounds) => rounds.map((outcome) => outcome[key]));
      const [a, b] = [median(mine!), median(other!)];
      if (Number.isNaN(a) && Number.isNaN(b)) continue;
      const target = bar[scene][key];
      const verdict = target ? (target.met(a, b) ? 'met' : 'MISSED') : '';
      rows.push([scene, units[key], figure(mine!), figure(other!), b ? write(a / b) : '-', target?.says ?? '', verdict]);
    }
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}
