import type { Sample } from './reader.ts';

/** What is wrong with a picture. */
export type Fault = 'no picture' | 'black' | 'unreadable' | 'wrong conference' | 'frozen' | 'late';

/** What is asked of a picture. */
export interface Demand {
  /** The tag that the picture must carry, and no other. */
  tag: number;
  /** A still picture may stand; a moving one must change at least this often, in milliseconds. */
  moving: number | false;
  /** The 95th percentile of glass to glass must stay below, in milliseconds. */
  latency?: number;
}

/** What was seen in a span of samples. */
export interface Seen {
  faults: Fault[];
  /** Frames with different codes per second. */
  fps: number;
  /** Glass to glass in milliseconds. */
  p50: number;
  p95: number;
  /** The longest time without a new code. */
  gap: number;
  /** The tags that were read. */
  tags: number[];
  size: string;
}

/** The value below which `part` (0..1) of the values lie. */
export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}

/** Whether a look saw a picture that carries a readable code. */
export function readable(sample: Sample): sample is Sample & { tag: number; time: number } {
  return sample.tag !== null && sample.time !== null;
}

/** The looks that saw a code which the look before had not seen: new pictures. */
function changes(samples: Sample[]): (Sample & { tag: number; time: number })[] {
  let last = -1;
  return samples.filter(readable).filter((sample) => {
    const changed = sample.time !== last;
    last = sample.time;
    return changed;
  });
}

/** Judges what a reader saw from its first sample to its last. */
export function judge(samples: Sample[], demand: Demand): Seen {
  const faults = new Set<Fault>();
  const pictures = samples.filter((sample) => sample.width > 0);
  const codes = pictures.filter(readable);
  const fresh = changes(samples);
  const unreadable = pictures.filter((sample) => !readable(sample));
  if (pictures.length === 0) faults.add('no picture');
  if (unreadable.some((sample) => sample.luma! < 24 && sample.spread! < 12)) faults.add('black');
  else if (unreadable.length > pictures.length / 10) faults.add('unreadable');
  if (codes.some((sample) => sample.tag !== demand.tag)) faults.add('wrong conference');

  // A picture's code is new once; the edges count, or a picture that froze at once would pass.
  const first = samples[0]?.at ?? 0;
  const last = samples.at(-1)?.at ?? 0;
  const moments = [first, ...fresh.map((sample) => sample.at), last];
  const gap = Math.max(0, ...moments.slice(1).map((at, i) => at - moments[i]!));
  const span = (last - first) / 1000;
  if (demand.moving !== false && pictures.length > 0 && (fresh.length < 2 || gap > demand.moving))
    faults.add('frozen');

  const latencies = fresh.map((sample) => sample.at - sample.time);
  const p95 = percentile(latencies, 0.95);
  if (demand.moving !== false && demand.latency !== undefined && p95 >= demand.latency)
    faults.add('late');
  const shown = pictures.at(-1);
  return {
    faults: [...faults],
    fps: span > 0 ? fresh.length / span : 0,
    p50: percentile(latencies, 0.5),
    p95,
    gap,
    tags: [...new Set(codes.map((sample) => sample.tag))],
    size: shown ? `${shown.width}x${shown.height}` : 'none',
  };
}

/** One line for a log. */
export function describe(seen: Seen): string {
  const number = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(0));
  return (
    `${seen.size}, ${seen.fps.toFixed(1)} fps, glass to glass p50 ${number(seen.p50)} ms, p95 ${number(seen.p95)} ms, ` +
    `longest gap ${seen.gap} ms, tags ${seen.tags.join(' ') || 'none'}` +
    (seen.faults.length > 0 ? `; FAULTS: ${seen.faults.join(', ')}` : '')
  );
}
