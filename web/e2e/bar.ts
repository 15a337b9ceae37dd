/**
 * The software beside Chromium: both share the same screen through the same relay to the same viewer, one after the other.
 * `make bar` runs it; ratios fail nothing.
 */
import { afterAll, beforeAll, test } from 'vitest';
import { glassScript } from './bar/glass.ts';
import { measure, type Outcome } from './bar/measure.ts';
import { Scenes, scenes, type Scene } from './bar/scenes.ts';
import { byBrowser, bySoftware, type Sharing } from './bar/sharers.ts';
import { table, type Pair, type Sharer } from './bar/table.ts';
import type { Conference } from './harness.ts';
import { Stage, type Attendee } from './stage.ts';
import { Workstation } from './workstation.ts';

const number = (name: string, standard: number): number => Number(process.env[name] || standard);
const rounds = number('ROUNDS', 1);
const seconds = number('SPAN', 10);
/** SCENES=still,text: those whose names have one of these. */
const wanted = (process.env['SCENES'] || '').split(',');
const played = scenes.filter((scene) => wanted.some((part) => scene.includes(part)));

let stage: Stage;
let conference: Conference;
let desk: Workstation;
let drawn: Scenes;
let ada: Attendee;
let viewer: Attendee;

beforeAll(async () => {
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'The bar' });
  desk = await Workstation.open(stage.server.origin, 1920, 1080);
  drawn = Scenes.start(desk.screen);
  ada = await stage.colleague(conference, 'Ada');
  viewer = await stage.guest(conference);
  await viewer.portal.hand.click('submit');
  await viewer.portal.state('waiting');
  await viewer.page.evaluate(glassScript);
});

afterAll(async () => {
  drawn?.close();
  desk?.close();
  await stage?.close();
});

const sharers: Record<Sharer, () => Promise<Sharing>> = {
  ours: () => bySoftware(desk, ada),
  theirs: () => byBrowser(stage, conference, desk),
};

/** One round of one of the two: all scenes. */
async function round(who: Sharer): Promise<Map<Scene, Outcome>> {
  const sharing = await sharers[who]();
  const outcomes = new Map<Scene, Outcome>();
  try {
    await viewer.portal.state('live');
    const pids = { share: sharing.pid, server: desk.screen.pid };
    const bench = { viewer: viewer.page, scenes: drawn, pids, seconds };
    for (const scene of played) {
      const outcome = await measure(bench, scene);
      console.log(who, scene, JSON.stringify(outcome));
      outcomes.set(scene, outcome);
    }
  } finally {
    await sharing.stop();
  }
  await viewer.portal.state('waiting');
  return outcomes;
}

test('the bar', { timeout: 60_000 + rounds * 2 * played.length * (seconds + 30) * 1000 }, async () => {
  const pairs = played.map((scene): Pair => ({ scene, ours: [], theirs: [] }));
  for (let n = 0; n < rounds; n++) {
    // Each is first as often as the other.
    for (const who of n % 2 ? (['theirs', 'ours'] as const) : (['ours', 'theirs'] as const)) {
      const outcomes = await round(who);
      for (const pair of pairs) pair[who].push(outcomes.get(pair.scene)!);
    }
  }
  console.log(`\n${table(pairs)}`); // on a line of its own, which .ci/benchtable takes
});
