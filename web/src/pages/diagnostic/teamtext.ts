import { causesOf } from '../../session/diagnostic/causes.ts';
import { allowances, type Line } from '../../session/diagnostic/handout.ts';
import type { Result } from '../../session/diagnostic/result.ts';
import { verdictOf } from '../../session/diagnostic/verdict.ts';
import { filled } from '../../text/fill.ts';
import { en as checksEn } from '../../text/checks/en.ts';
import { fr as checksFr } from '../../text/checks/fr.ts';
import { en } from '../../text/diagnostic/en.ts';
import { fr } from '../../text/diagnostic/fr.ts';
import type { Fill, Language } from '../../text/texts.ts';
import { foundText, nameText } from './words.ts';

export interface Tested {
  results: readonly Result[];
  at: Date;
  browser: string;
  /** The portal's address. */
  portal: string;
  lines: ReturnType<typeof allowances>;
}

const pages = { en, fr } as const;
const checks = { en: checksEn, fr: checksFr } as const;

/** The same in both languages, the page's own first: whoever reads it may not be who copied it. */
export function teamText(tested: Tested, first: Language): string {
  const second: Language = first === 'fr' ? 'en' : 'fr';
  return `${inLanguage(tested, first)}\n\n----------\n\n${inLanguage(tested, second)}\n`;
}

function inLanguage({ results, at, browser, portal, lines }: Tested, language: Language): string {
  const t = (key: keyof typeof en, fill?: Fill): string => filled(pages[language][key], fill);
  const say = (key: keyof typeof checksEn, fill?: Fill): string =>
    filled(checks[language][key], fill);
  const when = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const result = t(`verdict.${verdictOf(results)}`);
  const trouble = results.filter(({ state }) => state === 'failed' || state === 'warning');
  const causes = causesOf(results);
  return [
    t('team.head'),
    t('team.site', { url: portal }),
    t('team.tested', { when: when.format(at), browser, result }),
    '',
    ...(trouble.length === 0
      ? [t('team.nothing')]
      : [
          t('team.failed'),
          ...trouble.map(
            (one) =>
              `- ${t('check.found', { check: nameText(one, say), found: foundText(one, say) })}`,
          ),
        ]),
    ...(causes.length === 0
      ? []
      : ['', t('team.causes'), ...causes.map((cause) => `- ${t(`cause.${cause}`)}`)]),
    '',
    t('team.allow'),
    ...lines.map((line) => lineText(line, t)),
    '',
    t('team.rules'),
  ].join('\n');
}

function lineText(line: Line, t: (key: keyof typeof en, fill?: Fill) => string): string {
  const { line: name, ...fill } = line;
  const mark = name === 'portal' || name === 'relay' ? '-' : '    -';
  return `${mark} ${t(`team.${name}`, fill)}`;
}
