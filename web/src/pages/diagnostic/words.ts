import type { Part, Result } from '../../session/diagnostic/result.ts';
import type { CheckText } from '../../text/checks/checks.ts';
import { en } from '../../text/checks/en.ts';

type Say = CheckText['t'];

export function nameText({ check }: Result, t: Say): string {
  return t(`name.${check}`);
}

/** What a check tries, in a sentence. */
export function purposeText({ check }: Result, t: Say): string {
  return t(`what.${check}`);
}

/** What was found, in a sentence; empty while nothing is. */
export function foundText({ finding, fill }: Result | Part, t: Say): string {
  return finding === null ? '' : t(`found.${finding}`, fill);
}

/** What to do about it; empty where there is nothing to do. */
export function adviceText({ finding, fill, state }: Result | Part, t: Say): string {
  if (finding === null || state === 'passed') return '';
  const key = `do.${finding}`;
  return isKey(key) ? t(key, fill) : '';
}

function isKey(key: string): key is keyof typeof en {
  return key in en;
}
