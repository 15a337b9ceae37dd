import type { Reporter, TestModule } from 'vitest/node';

/** A failure's text in one line. */
const longest = 300;

/** Names what failed once more, at the very end: a log of CI is often cut to its last lines. */
export default class Failures implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) => {
      const tests = [...module.children.allTests('failed')].map(
        (test) => [test.fullName, ...(test.result().errors ?? [])] as const,
      );
      const others = [module, ...module.children.allSuites()]
        .filter((suite) => suite.errors().length > 0)
        .map((suite) => ['before or after the tests', ...suite.errors()] as const);
      return [...tests, ...others].map(([name, ...errors]) => {
        const causes = errors.map(({ message }) => message.replaceAll(/\s+/g, ' ').slice(0, longest));
        return `FAILED ${module.relativeModuleId}: ${name}: ${causes.join(' | ')}\n`;
      });
    });
    if (lines.length > 0) process.once('exit', () => process.stderr.write(lines.join('')));
  }
}
