import type { Result as Verdict } from '../report.ts';
import { wayChecks, type CheckName, type Result, type State } from './result.ts';

/** Without these there is no conference. */
const vital: readonly CheckName[] = [
  'browser',
  'secure',
  'webrtc',
  'codecs',
  'cookies',
  'api',
  'reach',
  'decode',
  'bandwidth',
];

/** Of these one has to work. */
const alternatives: readonly (readonly CheckName[])[] = [wayChecks, ['websocket', 'poll']];

/** Of all checks together; `skipped` while too little is known. */
export function verdictOf(results: readonly Result[]): Verdict {
  const state = (check: CheckName): State | undefined =>
    results.find((result) => result.check === check)?.state;
  if (vital.some((check) => state(check) === 'failed')) return 'failed';
  const stuck = (checks: readonly CheckName[]): boolean => {
    const tried = checks.map(state).filter((one) => one !== 'skipped' && one !== undefined);
    return tried.length > 0 && tried.every((one) => one === 'failed');
  };
  if (alternatives.some(stuck)) return 'failed';
  if (results.some(({ state: one }) => one === 'failed' || one === 'warning')) return 'warning';
  // Who stopped before the picture came round knows too little.
  const cut = results.some(({ check, finding }) => finding === 'stopped' && vital.includes(check));
  return !cut && results.some(({ state: one }) => one === 'passed') ? 'passed' : 'skipped';
}
