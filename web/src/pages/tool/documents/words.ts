import type { Limits } from '../../../session/documents/api.ts';
import type { Problem } from '../../../session/problem.ts';
import type { DocumentsKey, DocumentsText } from '../../../text/documents/documents.ts';
import type { Language, Translate } from '../../../text/texts.ts';
import { problemText } from '../../../ui/problems.ts';

/** A size as people write it: "1.2 MB", « 1,2 Mo ». */
export function bytesText(bytes: number, language: Language): string {
  const step = bytes < 1000 ? 0 : bytes < 1_000_000 ? 1 : 2;
  const value = bytes / 1024 ** step;
  const text = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: ['byte', 'kilobyte'][step] ?? 'megabyte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
  return text.replace(' ', '\u00a0'); // English would break the line there
}

export function percentText(part: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'percent' }).format(part);
}

const ownWords: Readonly<Partial<Record<string, DocumentsKey>>> = {
  'too-large': 'problem.too-large',
  empty: 'problem.empty',
  full: 'problem.full',
  unreadable: 'problem.unreadable',
  forbidden: 'problem.forbidden',
  'not-found': 'problem.gone',
  damaged: 'problem.damaged',
  password: 'problem.password',
  'too-many-points': 'problem.too-many-points',
  'too-slow': 'problem.too-slow',
};

/** What a problem means, and what to do. */
export function troubleText(
  problem: Problem,
  limits: Limits | null,
  { t, language }: DocumentsText,
  general: Translate,
): string {
  const key = ownWords[problem.code];
  if (key === undefined) return problemText(problem, general, language);
  const { size = 0, count = 0, total = 0 } = limits ?? {};
  const largest = key === 'problem.too-large' ? size : 0;
  return t(key, {
    size: bytesText(largest, language),
    count: String(count),
    total: bytesText(total, language),
  });
}
