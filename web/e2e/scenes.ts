/** The table of scenes: every page in every state that somebody can see. One file for each area in scenes/. */
import { readdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { open, person } from './chromium.ts';
import type { Conference } from './harness.ts';
import { chromiumHand, Portal } from './portal.ts';
import type { Look } from './looks.ts';
import type { Attendee, Stage } from './stage.ts';

/** What scenes may use. `page` is one browser's page, in which the scenes of an area follow each other. */
export interface Set extends Attendee {
  stage: Stage;
  look: Look;
  /** Open, with a presenter who shares the pattern of `tag`. */
  conference: Conference;
  tag: number;
  /** Somebody else, in the same look, until the area is over. */
  another(name: string): Promise<Attendee>;
  /** What must be done when the area is over. */
  after(step: () => Promise<unknown>): void;
}

/** One page in one state. */
export interface Scene {
  /** A few words with dashes; it is the name of the picture's file, too. */
  name: string;
  /** A picture of the window alone, not of the whole page. */
  window?: boolean;
  /** In dark, too. */
  dark?: boolean;
  /** Brings a page into the state; gives the page when it is not the area's own. */
  show(set: Set): Promise<Page | void>;
}

/** The scenes of one file, in their order. */
export interface Area {
  title: string;
  /** Each scene is looked at for barriers and overflow in `make test`, too. */
  checked?: boolean;
  scenes: readonly Scene[];
}

/** Every area by its file's name. */
export async function areas(): Promise<Map<string, Area>> {
  const found = new Map<string, Area>();
  const names = readdirSync(new URL('scenes/', import.meta.url)).filter((file) => /\.ts$/.test(file));
  for (const file of names.toSorted()) {
    const { area } = (await import(`./scenes/${file.replace(/\.ts$/, '')}.ts`)) as { area: Area };
    found.set(file.replace(/\.ts$/, ''), area);
  }
  return found;
}

/** Plays an area's scenes in one look, and gives each to `at` when it has come to rest. */
export async function play(
  area: Area,
  set: Pick<Set, 'stage' | 'look' | 'conference' | 'tag'>,
  at: (scene: Scene, page: Page) => Promise<void>,
): Promise<void> {
  const steps: (() => Promise<unknown>)[] = [];
  const after = (step: () => Promise<unknown>): void => void steps.push(step);
  const another = async (name: string): Promise<Attendee> => {
    const context = await person(await set.stage.audience(), set.look.options);
    const page = await open(context, `${set.look.name} ${name}`);
    const attendee = { context, page, portal: new Portal(chromiumHand(page)) };
    after(() => context.close());
    return attendee;
  };
  try {
    const all: Set = { ...set, ...(await another('visitor')), another, after };
    for (const scene of area.scenes) {
      const page = (await scene.show(all)) ?? all.page;
      await rest(page);
      await at(scene, page);
    }
  } finally {
    await Promise.all(steps.map((step) => step()));
  }
}

/** Waits for what moves: a page that is still fading in has other colours. A spinner does not come to an end. */
async function rest(page: Page): Promise<void> {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
        // One that is cancelled is over, too.
        .map(({ finished }) => finished.catch(() => {})),
    ),
  );
}
