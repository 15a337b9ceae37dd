/** The report of a run, as docs/protocol.md describes it. */
import { reportFormat, type Result as Verdict } from '../report.ts';
import type { Fields } from '../shape.ts';
import { agentOf } from './agent.ts';
import { causesFor, type Cause } from './causes.ts';
import type { Seen } from './deps.ts';
import type { Part, Result } from './result.ts';
import { verdictOf } from './verdict.ts';

/** Says things in the guest's language. */
export interface Words {
  found(result: Result | Part): string;
  cause(cause: Cause): string;
}

/** What the guest adds, and where they were. */
export interface Circumstances {
  createdAt: string;
  language: string;
  comment: string;
  name: string;
  /** The conference's id; empty before joining. */
  conference: string;
  /** In the conference at the time of the test, not only on the way. */
  inside: boolean;
}

type Screen = Partial<Pick<Window, 'screen' | 'devicePixelRatio'>>;

const version = 1;

export function recordOf(
  results: readonly Result[],
  around: Circumstances,
  browser: Seen & Screen,
  words: Words,
): Fields {
  return {
    format: reportFormat,
    version,
    createdAt: around.createdAt,
    result: verdictOf(results),
    ...(around.comment === '' ? {} : { comment: around.comment }),
    ...(around.name === '' ? {} : { name: around.name }),
    checks: results.map((result) => checkOf(result, results, words)),
    client: clientOf(browser, around.language),
    network: networkOf(browser),
    ...(around.conference === '' ? {} : { conference: around.conference }),
    where: around.inside ? 'in a conference' : 'before joining',
  };
}

function checkOf(result: Result, results: readonly Result[], words: Words): Fields {
  const { check, facts, finding, parts, took } = result;
  const causes = causesFor(result, results).map((cause) => words.cause(cause));
  return {
    ...facts,
    id: check,
    result: ended(result),
    ...(finding === null ? {} : { finding, explanation: words.found(result) }),
    ...(causes.length === 0 ? {} : { causes }),
    ...(parts.length < 2 ? {} : { parts: parts.map((part) => partOf(part, words)) }),
    ...(took === 0 ? {} : { tookMilliseconds: took }),
  };
}

function partOf(part: Part, words: Words): Fields {
  return { place: part.place, result: part.state, explanation: words.found(part) };
}

/** What still waits was not tried. */
function ended({ state }: Result): Verdict {
  return state === 'waiting' || state === 'running' ? 'skipped' : state;
}

function clientOf(browser: Seen & Screen, language: string): Fields {
  const { userAgent, languages, hardwareConcurrency, maxTouchPoints } = browser.navigator;
  const { browser: name, version: number, system } = agentOf(userAgent);
  const { screen, devicePixelRatio } = browser;
  return {
    browser: `${name} ${number || ''}`.trim(),
    system,
    language,
    languages: [...(languages ?? [])].slice(0, 10),
    userAgent,
    cores: hardwareConcurrency ?? 0,
    touch: (maxTouchPoints ?? 0) > 0,
    ...(screen && { screen: { width: screen.width, height: screen.height, devicePixelRatio } }),
  };
}

/** Chromium's own idea of the line. */
interface Connection {
  type?: string;
  effectiveType?: string;
  downlink?: number;
  rtt?: number;
  saveData?: boolean;
}

function networkOf({ navigator }: Seen): Fields {
  const { connection } = navigator as Navigator & { connection?: Connection };
  if (connection === undefined) return { online: navigator.onLine };
  const { type, effectiveType, downlink, rtt, saveData } = connection;
  const known = Object.entries({ type, effectiveType, downlink, rtt, saveData });
  return {
    online: navigator.onLine,
    ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
  };
}

const mostComment = 1000;
const mostName = 100;

/** What support sees in its list, without opening the report; the server bounds it. */
export function summaryOf(
  results: readonly Result[],
  around: Circumstances,
  browser: Seen,
): Fields {
  const { browser: name, version: number, system } = agentOf(browser.navigator.userAgent);
  const failed = results.filter(({ state }) => state === 'failed').map(({ check }) => check);
  return {
    result: verdictOf(results),
    failed: failed.slice(0, 20),
    client: [`${name} ${number || ''}`.trim(), system].filter(Boolean).join(', ') || '?',
    language: around.language,
    ...(around.conference === '' ? {} : { conference: around.conference }),
    ...(around.name === '' ? {} : { name: visible(around.name, mostName) }),
    ...(around.comment === '' ? {} : { comment: visible(around.comment, mostComment) }),
  };
}

/** Without the characters that nobody sees, which the server refuses. */
export function visible(text: string, most: number): string {
  const seen = text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return [...seen].slice(0, most).join('').trim();
}
