import { useServices } from '../ui/services.ts';
import { filled } from './fill.ts';
import type { Fill, Language } from './texts.ts';

export interface AreaText<K extends string> {
  t: (key: K, fill?: Fill) => string;
  language: Language;
  /** A time as people write it. */
  when(iso: string): string;
}

/** The texts of one area, which come with its code; both languages, so that changing it needs no network. */
export function useArea<K extends string>(
  catalogues: Readonly<Record<Language, Readonly<Record<K, string>>>>,
): AreaText<K> {
  const { texts } = useServices();
  const language = texts.language.value;
  const catalogue = catalogues[language];
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return {
    language,
    t: (key, fill) => filled(texts.branded(catalogue[key]), fill),
    when: (iso) => {
      const at = new Date(iso);
      return Number.isNaN(at.getTime()) ? iso : format.format(at);
    },
  };
}
