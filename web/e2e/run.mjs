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
 * Returns the files that failed.
 * @param {string[]} files
 */
async function run(files) {
  process.exitCode = 0;
  const vitest = await startVitest('test', files, { ...options, config: 'e2e/vitest.config.ts' });
  const failed = vitest.state.getTestModules().filter((module) => !module.ok());
  await vitest.close();
  return failed.map((module) => module.moduleId);
}

const failed = await run(filter);
if (process.exitCode !== 0 && failed.length > 0 && failed.length <= accidents) {
  console.log(`Once more, alone: ${failed.join(', ')}`);
  if ((await run(failed)).length === 0) console.log(`UNSTEADY: ${failed.join(', ')}`);
}
