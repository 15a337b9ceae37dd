/**
 * Runs the browser tests: `npm run e2e -- [name of a file ...] [-t name of a test]`.
 *
 * They judge what people would see in time, on a machine that may be busy with something else. So a file that fails is run
 * once more, alone, and named if it then holds. More than two of them are no accident.
 */
import { parseCLI, startVitest } from 'vitest/node';

const accidents = 2;

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);

/**
 * Runs files and returns those that failed, and whether anything failed that is of no file.
 * @param {string[]} files
 */
async function run(files) {
  process.exitCode = 0;
  const vitest = await startVitest('test', files, { ...options, config: 'e2e/vitest.config.ts' });
  const failed = vitest.state.getTestModules().filter((module) => !module.ok());
  const stray = vitest.state.getUnhandledErrors().length > 0;
  await vitest.close();
  return { failed: failed.map((module) => module.moduleId), stray };
}

const { failed, stray } = await run(filter);
if (!stray && failed.length > 0 && failed.length <= accidents) {
  console.log(`Once more, alone: ${failed.join(', ')}`);
  await run(failed);
  if (process.exitCode === 0) process.once('exit', () => console.log(`UNSTEADY: ${failed.join(', ')}`));
}
