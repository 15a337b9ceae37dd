import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// With COOPNET_SCREENSHOTS pictures are taken instead; with COOPNET_BAR the software is measured beside a browser.
const { COOPNET_SCREENSHOTS, COOPNET_BAR } = process.env;
const instead = COOPNET_SCREENSHOTS ? ['screenshots.ts'] : COOPNET_BAR ? ['bar.ts'] : null;

const files = (...names: string[]): string[] => names.map((name) => `${name}.test.ts`);

/** Pages and people, who mostly wait: two files at a time. */
const pages = files('a11y', 'board', 'control', 'desk', 'documents', 'entrance', 'lobby', 'refusals', 'signin', 'talk');

/** What is cut off and comes back, mostly of ten pictures a second: two files at a time. */
const cuts = files('icetcp', 'isolation', 'late', 'netcut', 'nowebsocket', 'presentercut', 'relays');

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    environment: 'node',
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['verbose', fileURLToPath(new URL('failures.ts', import.meta.url))],
    // One after the other; all others judge moving pictures or speed, and want both cores.
    projects: [
      { name: 'pages', include: pages, maxWorkers: 2 },
      { name: 'cuts', include: cuts, maxWorkers: 2 },
      { name: 'pictures', include: ['*.test.ts'], exclude: [...pages, ...cuts], maxWorkers: 1 },
    ].map((project, groupOrder) => ({
      extends: true as const,
      test: { ...project, ...(instead && { include: groupOrder === 0 ? instead : [] }), sequence: { groupOrder } },
    })),
  },
});
