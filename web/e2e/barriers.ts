import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};

/** What axe finds in the way of somebody on a page. */
export async function barriers(name: string, page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate(
    `window.axe.run(document, ${JSON.stringify(rules)})`,
  )) as AxeResults;
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      (node) => `${name}: ${id} (${help}): ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`,
    ),
  );
}
