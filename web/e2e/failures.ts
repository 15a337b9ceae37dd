import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** A failure's text in one line. */
const longest = 300;

function inOneLine(errors: readonly { message: string }[]): string {
  return errors.map(({ message }) => message.replaceAll(/\s+/g, ' ').slice(0, longest)).join(' | ');
}

/** Names what failed once more, at the very end: a log of CI is often cut to its last lines. */
export default class Failures implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], stray: readonly SerializedError[]): void {
    const named = modules.flatMap((module) => {
      const tests = [...module.children.allTests('failed')].map(
        (test) => [test.fullName, ...(test.result().errors ?? [])] as const,
      );
      const others = [module, ...module.children.allSuites()]
        .filter((suite) => suite.errors().length > 0)
        .map((suite) => ['before or after the tests', ...suite.errors()] as const);
      return [...tests, ...others].map(
        ([name, ...errors]) => `${module.relativeModuleId}: ${name}: ${inOneLine(errors)}`,
      );
    });
    const lines = [...named, ...stray.map((error) => `outside of any test: ${inOneLine([error])}`)];
    process.once('exit', () => {
      for (const line of lines) process.stderr.write(`FAILED ${line}\n`);
    });
  }
}
