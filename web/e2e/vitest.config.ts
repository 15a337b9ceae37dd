import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// With COOPNET_SCREENSHOTS pictures are taken instead.
const pictures = process.env.COOPNET_SCREENSHOTS ? ['screenshots.ts'] : null;

/** Pages and people, who mostly wait: two files at a time. All others judge pictures, and want both cores. */
const pages = [
  'a11y',
  'board',
  'desk',
  'documents',
  'entrance',
  'lobby',
  'refusals',
  'signin',
  'talk',
].map((name) => `${name}.test.ts`);

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    environment: 'node',
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['verbose'],
    projects: [
      {
        extends: true,
        test: {
          name: 'pages',
          include: pictures ? [] : pages,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pictures',
          include: pictures ?? ['*.test.ts'],
          exclude: pages,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
