import type { JSX } from 'preact';
import type { Problem } from '../../session/problem.ts';
import { Alert } from '../../ui/alert.tsx';
import { problemText } from '../../ui/problems.ts';
import { useText } from '../../ui/services.ts';
import { useDeskText } from '../../text/desk/desk.ts';

/** What went wrong, in the words of the desk where it has some. */
export function Trouble({ problem }: { problem: Problem | null }): JSX.Element | null {
  const { t, language } = useDeskText();
  const ask = useText();
  if (problem === null) return null;
  const own = {
    unauthenticated: 'sign.unknown',
    forbidden: 'sign.forbidden',
    invalid: 'search.code.wrong',
    'not-found': 'search.code.unknown',
    'precondition-failed': 'report.changed',
  } as const;
  const known = Object.hasOwn(own, problem.code) ? own[problem.code as keyof typeof own] : null;
  return (
    <Alert kind="refusal" testid="desk-refusal">
      <p>{known ? t(known) : problemText(problem, ask, language)}</p>
    </Alert>
  );
}
