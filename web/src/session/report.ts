import { fields, list, optionalText, text, textItem, type Fields } from './shape.ts';

/** What a diagnostic report says of one check. */
export const results = ['passed', 'warning', 'failed', 'skipped'] as const;
export type Result = (typeof results)[number];

export interface Finding {
  id: string;
  result: Result;
  /** What was found, in a sentence. */
  explanation: string;
  /** What may be the reason, the likeliest first. */
  causes: string[];
  /** What was measured, and whatever else the report says of the check. */
  facts: Fields;
}

/** A report as docs/protocol.md describes it. Whatever it does not describe is kept for a table. */
export interface Report {
  createdAt: string;
  result: Result | '';
  comment: string;
  findings: Finding[];
  client: Fields;
  network: Fields;
  others: Fields;
}

export const reportFormat = 'coopnet-report';

/** Throws for what is no report; a report of a later version is read as far as it is understood. */
export function reportOf(content: string): Report {
  const all = fields(JSON.parse(content), 'report');
  if (all['format'] !== reportFormat) throw new TypeError('not a report');
  const {
    format: _format,
    version: _version,
    createdAt: _createdAt,
    result: _result,
    comment: _comment,
    checks: found,
    client,
    network,
    ...others
  } = all;
  return {
    createdAt: optionalText(all, 'createdAt'),
    result: resultOf(all['result']) ?? '',
    comment: optionalText(all, 'comment'),
    findings: found === undefined ? [] : list(all, 'checks', findingOf),
    client: client === undefined ? {} : fields(client, 'client'),
    network: network === undefined ? {} : fields(network, 'network'),
    others,
  };
}

function resultOf(value: unknown): Result | null {
  return results.find((result) => result === value) ?? null;
}

function findingOf(item: unknown): Finding {
  const from = fields(item, 'check');
  const { id: _id, result, explanation: _explanation, causes, ...facts } = from;
  return {
    id: text(from, 'id'),
    // A result of a later version: whoever reads the report should look at it.
    result: resultOf(result) ?? 'warning',
    explanation: optionalText(from, 'explanation'),
    causes: causes === undefined ? [] : list(from, 'causes', textItem),
    facts,
  };
}

const mostRows = 300;
const deepest = 8;
const longest = 2000;

/** Any value as lines of a table: the way to it, and the text there. */
export function rowsOf(value: unknown): [path: string, text: string][] {
  const rows: [string, string][] = [];
  const walk = (at: unknown, path: string, depth: number): void => {
    if (rows.length >= mostRows) return;
    if (typeof at !== 'object' || at === null || depth === deepest) {
      rows.push([path, short(at)]);
      return;
    }
    if (Array.isArray(at)) {
      if (at.every((item) => typeof item !== 'object' || item === null)) {
        rows.push([path, short(at.slice(0, mostRows).map(short).join(', '))]);
      } else at.forEach((item, i) => walk(item, `${path} ${i + 1}`, depth + 1));
      return;
    }
    for (const [name, inner] of Object.entries(at)) {
      walk(inner, path === '' ? name : `${path} › ${name}`, depth + 1);
    }
  };
  walk(value, '', 0);
  return rows;
}

function short(value: unknown): string {
  const full = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return full.length > longest ? `${full.slice(0, longest)}…` : full;
}
