/**
 * Takes a picture of every page in every look:
 * `COOPNET_SCREENSHOTS=FOLDER npm run e2e`
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import type { Conference } from './harness.ts';
import { Stage } from './stage.ts';
import { looks, tour } from './tour.ts';

const folder = process.env.COOPNET_SCREENSHOTS!;
const tag = 8201;

let stage: Stage;
let conference: Conference;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await Stage.open();
  conference = await stage.server.conference({ name: 'Project Neptune' });
  const presenter = await stage.presenter(conference, { tag, name: 'Ada Presenter' });
  await presenter.portal.share();
});

afterAll(() => stage?.close());

test.each(looks)('$name', async (look) => {
  await tour(stage, conference, tag, look, async (name, page) => {
    await page.screenshot({
      path: join(folder, `${look.name}-${name}.png`),
      fullPage: name !== 'tool',
    });
  });
});
