import type { Problem } from '../session/problem.ts';
import { inSeconds, type Language, type Translate } from '../text/texts.ts';

/** What a problem means to the guest, and what to do next. */
export function problemText(problem: Problem, t: Translate, language: Language): string {
  switch (problem.code) {
    case 'conference-denied':
      return t('refusal.denied');
    case 'rate-limited':
      return problem.retryAfter === null
        ? t('problem.wait.later')
        : t('problem.wait', { when: inSeconds(problem.retryAfter, language) });
    case 'token-time':
      return t('problem.clock');
    case 'network':
      return t('problem.network');
    case 'timeout':
      return t('problem.timeout');
    case 'unavailable':
    case 'storage-full':
      return t('problem.unavailable');
    case 'invalid':
      return t('problem.invalid');
    default:
      return t(problem.status >= 500 ? 'problem.unavailable' : 'problem.unexpected');
  }
}
