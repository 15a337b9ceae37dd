import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    // With COOPNET_SCREENSHOTS pictures are taken instead.
    include: [process.env.COOPNET_SCREENSHOTS ? 'screenshots.ts' : '*.test.ts'],
    environment: 'node',
    // Browsers that encode and decode video want both cores: one file after the other.
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    retry: 0,
    reporters: ['verbose'],
  },
});
