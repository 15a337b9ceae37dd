/** What the picture that went round says of line, computer and text. */
import type { Loop } from '../loop.ts';
import type { Outcome } from '../result.ts';

export const loopChecks = ['bandwidth', 'quality', 'decode', 'text'] as const;
export type LoopCheck = (typeof loopChecks)[number];

export const judges: Readonly<Record<LoopCheck, (loop: Loop) => Outcome>> = {
  bandwidth,
  quality,
  decode,
  text,
};

export const noLoop: Outcome = { state: 'failed', finding: 'loop.none' };

/** Kilobits a second: a shared screen that is worked with, and one that just stays readable. */
const plenty = 1500;
const least = 300;

function bandwidth({ flow, way, limited, encoder }: Loop): Outcome {
  const facts = { ...flow, way, limited, encoder };
  if (flow === null || flow.up === 0)
    return { state: 'skipped', finding: 'bandwidth.unknown', facts };
  const fill = { up: flow.up, down: flow.down };
  const narrow = Math.min(flow.up, flow.down);
  if (narrow >= plenty) return { state: 'passed', finding: 'bandwidth.plenty', fill, facts };
  return narrow >= least
    ? { state: 'warning', finding: 'bandwidth.tight', fill, facts }
    : { state: 'failed', finding: 'bandwidth.slow', fill, facts };
}

/** Noticed, and disturbing: per cent, milliseconds there and back, milliseconds of jitter. */
const fair = { loss: 1, rtt: 200, jitter: 30 } as const;
const poor = { loss: 5, rtt: 500, jitter: 100 } as const;

function quality({ line, way }: Loop): Outcome {
  const facts = { ...line, way };
  if (line === null || line.rtt === null) {
    return { state: 'skipped', finding: 'quality.unknown', facts };
  }
  const loss = Math.max(line.lossUp ?? 0, line.lossDown ?? 0);
  const fill = { loss, rtt: line.rtt, jitter: line.jitter ?? 0 };
  const over = (limit: { loss: number; rtt: number; jitter: number }): boolean =>
    loss > limit.loss || fill.rtt > limit.rtt || fill.jitter > limit.jitter;
  if (over(poor)) return { state: 'failed', finding: 'quality.poor', fill, facts };
  return over(fair)
    ? { state: 'warning', finding: 'quality.fair', fill, facts }
    : { state: 'passed', finding: 'quality.good', fill, facts };
}

function decode({ first, right, codec, decoder, way }: Loop): Outcome {
  const facts = { firstMilliseconds: first, rightMilliseconds: right, codec, decoder, way };
  if (right !== null) {
    const fill = { took: right, codec: codec === '' ? '?' : codec };
    return { state: 'passed', finding: 'decode.right', fill, facts };
  }
  return { state: 'failed', finding: first === null ? 'decode.nothing' : 'decode.wrong', facts };
}

const sharp = { psnr: 30, edges: 90 } as const;
const soft = { psnr: 22, edges: 60 } as const;

function text({ likeness, codec, encoder }: Loop): Outcome {
  const facts = { ...likeness, codec, encoder };
  if (likeness === null) return { state: 'skipped', finding: 'text.unknown', facts };
  const fill = { ...likeness };
  const over = (limit: { psnr: number; edges: number }): boolean =>
    likeness.psnr >= limit.psnr && likeness.edges >= limit.edges;
  if (over(sharp)) return { state: 'passed', finding: 'text.sharp', fill, facts };
  return over(soft)
    ? { state: 'warning', finding: 'text.soft', fill, facts }
    : { state: 'failed', finding: 'text.blurred', fill, facts };
}
