import type { Page } from 'playwright-core';
import { percentile } from '../verdict.ts';
import { pause } from '../wait.ts';
import type { Look, Plane } from './glass.ts';
import { processorTime } from './processes.ts';
import { scenes, type Luma, type Scene, type Scenes } from './scenes.ts';

/** What a scene came to. What could not be measured is NaN. */
export interface Outcome {
  /** Percent of a core, of all processes of the share. */
  processor: number;
  /** Of the X server, percent of a core. */
  server: number;
  /** What came to the viewer, RTP with its headers. */
  kilobits: number;
  /** Different pictures that the viewer saw. */
  fps: number;
  /** From drawing to seeing, in milliseconds. */
  p50: number;
  p95: number;
  /** Brightness of the viewer's picture beside that of the screen, in decibels, so long after the last change. */
  soon: number;
  settled: number;
}

/** Where it is measured. */
export interface Bench {
  viewer: Page;
  scenes: Scenes;
  /** The process of the share, and that of the X server. */
  pids: { share: number; server: number };
  /** For how long something moves. */
  seconds: number;
}

const rest = { before: 4000, soon: 400, settled: 2000 };

/** Shows a scene, lets it settle, plays it, and looks again. */
export async function measure(bench: Bench, scene: Scene): Promise<Outcome> {
  const { viewer, seconds } = bench;
  const still = scene === 'still page';
  await bench.scenes.open(scenes.indexOf(scene), seconds * 30);
  await pause(rest.before);
  const before = await counted(bench);
  const played = still ? { last: Date.now(), drawn: 0 } : await bench.scenes.play();
  if (still) await pause(seconds * 1000);
  const after = await counted(bench);
  const end = still ? Date.now() : played.last;
  const planes = viewer.evaluate(
    (times) => Promise.all(times.map((time) => window.glass.plane(time))),
    [end + rest.soon, end + rest.settled],
  );
  const [soon, settled] = await planes;
  const truth = await bench.scenes.luma();
  const span = (after.at - before.at) / 1000;
  const looks = await viewer.evaluate((since) => window.glass.looks(since), before.at);
  const moving = looks.filter(({ time }) => time >= before.at && time <= end);
  return {
    processor: (100 * (after.share - before.share)) / span,
    server: (100 * (after.server - before.server)) / span,
    kilobits: (8 * (after.bytes - before.bytes)) / 1000 / span,
    fps: still ? NaN : moving.length / span,
    ...latency(moving),
    soon: decibels(soon!, truth),
    settled: decibels(settled!, truth),
  };
}

interface Counted {
  at: number;
  share: number;
  server: number;
  bytes: number;
}

async function counted({ viewer, pids }: Bench): Promise<Counted> {
  const bytes = await viewer.evaluate(() => window.glass.arrived());
  const [share, server] = [processorTime(pids.share), processorTime(pids.server)];
  return { at: Date.now(), share, server, bytes };
}

function latency(looks: Look[]): { p50: number; p95: number } {
  const late = looks.map(({ at, time }) => at - time);
  return { p50: percentile(late, 0.5), p95: percentile(late, 0.95) };
}

/** The peak signal-to-noise ratio, 99 at most. */
export function decibels(seen: Plane, truth: Luma): number {
  if (seen.width !== truth.width || seen.height !== truth.height)
    throw new Error(`the viewer sees ${seen.width}x${seen.height}, not ${truth.width}x${truth.height}`);
  const bytes = Buffer.from(seen.luma, 'base64');
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += (bytes[i]! - truth.bytes[i]!) ** 2;
  return Math.min(99, 10 * Math.log10(255 ** 2 / (sum / bytes.length)));
}
