import type { PatternPage } from './pattern.ts';
import type { ReaderPage, Sample, Sharpness } from './reader.ts';
import { judge, type Demand, type Fault, type Seen } from './verdict.ts';
import { pause, until } from './wait.ts';

declare global {
  interface Window {
    pattern: PatternPage;
    reader: ReaderPage;
    negotiated: { connections: RTCPeerConnection[]; descriptions: number };
  }
}

/** What Chromium's and Firefox's pages have in common. */
export interface AnyPage {
  evaluate(script: string): Promise<unknown>;
}

/** What a reader saw in the next `span` milliseconds. */
export async function watchPicture(page: AnyPage, span: number): Promise<Sample[]> {
  const start = Date.now();
  await pause(span);
  return samplesSince(page, start);
}

/**
 * What is seen in `span` milliseconds once the picture is as demanded; a machine that is busy for a moment holds it up.
 * Whatever else is wrong with it is told at once, and what holds it up for longer too.
 */
export async function steadyPicture(page: AnyPage, span: number, demand: Demand): Promise<Seen> {
  const passing: Fault[] = ['frozen', 'late'];
  for (const end = Date.now() + 15_000; ; ) {
    const seen = judge(await watchPicture(page, span), demand);
    const waits = seen.faults.length > 0 && seen.faults.every((fault) => passing.includes(fault));
    if (!waits || Date.now() >= end) return seen;
  }
}

/** What a reader has seen since a moment. */
export async function samplesSince(page: AnyPage, since: number): Promise<Sample[]> {
  return (await page.evaluate(`window.reader.samples(${since})`)) as Sample[];
}

/** Waits until the reader sees what is asked; gives that sample. */
export function untilSeen(
  page: AnyPage,
  what: string,
  deadline: number,
  is: (sample: Sample) => boolean,
  since = Date.now(),
): Promise<Sample> {
  return until(what, deadline, async () => (await samplesSince(page, since)).find(is));
}

/** Waits for a picture that was drawn after a moment; gives the milliseconds from then to its arrival. */
export async function pictureSince(page: AnyPage, tag: number, moment: number): Promise<number> {
  const isNew = (sample: Sample): boolean => sample.tag === tag && sample.time! >= moment;
  return (await untilSeen(page, 'the picture again', 10_000, isNew, moment)).at - moment;
}

/** The still part of the pattern as the presenter's page drew it. */
export async function reference(page: AnyPage): Promise<string> {
  return (await page.evaluate('window.pattern.reference()')) as string;
}

/** How near the viewer's still part is to the reference. */
export async function sharpness(page: AnyPage, original: string): Promise<Sharpness> {
  const sharp = await page.evaluate(`window.reader.sharpness(${JSON.stringify(original)})`);
  if (!sharp) throw new Error('sharpness: no picture to compare');
  return sharp as Sharpness;
}

/** Turns the pattern's page; gives the milliseconds until the viewer can read all of its text. */
export async function legibleAfter(
  viewer: AnyPage,
  pattern: AnyPage,
  page: number,
  deadline: number,
): Promise<number> {
  const turned = Date.now();
  await pattern.evaluate(`window.pattern.turn(${page})`);
  const original = await reference(pattern);
  const wait = `new Promise((done) => {
    const original = ${JSON.stringify(original)};
    const look = () => {
      const seen = window.reader.sharpness(original);
      if (seen && seen.confused === '') done(Date.now());
      else if (Date.now() > ${turned + deadline}) done(0);
      else setTimeout(look, 50);
    };
    look();
  })`;
  const legible = (await viewer.evaluate(wait)) as number;
  if (legible === 0) throw new Error(`page ${page} is not legible after ${deadline} ms`);
  return legible - turned;
}

/** The milliseconds in which a picture was older than a second, though what is shown moves. */
export function frozenFor(samples: Sample[]): number {
  const bearable = 1000;
  let frozen = 0;
  let time = -1;
  let at = samples[0]?.at ?? 0;
  for (const sample of samples) {
    if (sample.time === null || sample.time === time) continue;
    frozen += Math.max(0, sample.at - at - bearable);
    ({ time, at } = sample);
  }
  return frozen + Math.max(0, (samples.at(-1)?.at ?? 0) - at - bearable);
}

/** How often connections were made and descriptions exchanged in a page. */
export interface Negotiations {
  connections: number;
  descriptions: number;
}

export async function negotiations(page: AnyPage): Promise<Negotiations> {
  const script =
    '({ connections: negotiated.connections.length, descriptions: negotiated.descriptions })';
  return (await page.evaluate(script)) as Negotiations;
}
