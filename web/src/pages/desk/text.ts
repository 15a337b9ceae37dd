import { en, type DeskKey } from '../../text/desk/en.ts';
import { fr } from '../../text/desk/fr.ts';
import type { Fill, Language } from '../../text/texts.ts';
import { useServices } from '../../ui/services.ts';

export type DeskTranslate = (key: DeskKey, fill?: Fill) => string;

export interface DeskText {
  t: DeskTranslate;
  language: Language;
  /** A time as people write it. */
  when(iso: string): string;
}

export function useDeskText(): DeskText {
  const language = useServices().texts.language.value;
  const catalogue = language === 'fr' ? fr : en;
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return {
    language,
    t: (key, fill) =>
      catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(fill?.[name] ?? whole)),
    when: (iso) => {
      const at = new Date(iso);
      return Number.isNaN(at.getTime()) ? iso : format.format(at);
    },
  };
}
