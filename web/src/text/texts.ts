import { signal, type ReadonlySignal } from '@preact/signals';
import { branded, coopnet, type Brand } from '../brand.ts';
import { filled } from './fill.ts';
import type { Catalogue, Key } from './en.ts';

export const languages = ['fr', 'en'] as const;
export type Language = (typeof languages)[number];

export type Fill = Readonly<Record<string, string | number>>;
export type Translate = (key: Key, fill?: Fill) => string;

export interface TextsDeps {
  load(language: Language): Promise<Catalogue>;
  storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  /** The browser's languages, best first. */
  wanted: readonly string[];
  document: { documentElement: { lang: string } };
  /** Coopnet, when nobody says otherwise. */
  brand?: Brand;
}

const key = 'coopnet.language';

/** The page's language and its catalogue, of which only the one in use is loaded. */
export class Texts {
  readonly #deps: TextsDeps;
  readonly #language = signal<Language>('en');
  readonly #catalogue = signal<Catalogue | null>(null);

  constructor(deps: TextsDeps) {
    this.#deps = deps;
  }

  get language(): ReadonlySignal<Language> {
    return this.#language;
  }

  /** Loads the language chosen earlier, else the browser's. */
  async start(): Promise<void> {
    await this.#use(this.#remembered() ?? preferredLanguage(this.#deps.wanted));
  }

  async choose(language: Language): Promise<void> {
    await this.#use(language);
    try {
      this.#deps.storage?.setItem(key, language);
    } catch {
      // Not remembered: the next visit asks the browser again.
    }
  }

  readonly translate: Translate = (textKey, fill) => {
    return filled(this.branded(this.#catalogue.value?.[textKey] ?? ''), fill);
  };

  /** A text of any catalogue, in the name of whose portal it is. */
  branded(text: string): string {
    return branded(text, this.#deps.brand ?? coopnet);
  }

  async #use(language: Language): Promise<void> {
    const catalogue = await this.#deps.load(language);
    this.#language.value = language;
    this.#catalogue.value = catalogue;
    this.#deps.document.documentElement.lang = language;
  }

  #remembered(): Language | null {
    try {
      const kept = this.#deps.storage?.getItem(key);
      return languages.find((language) => language === kept) ?? null;
    } catch {
      return null;
    }
  }
}

export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    const found = languages.find((language) => language === base);
    if (found) return found;
  }
  return 'en';
}

/** "in 30 seconds", "in 2 minutes". */
export function inSeconds(seconds: number, language: Language): string {
  const format = new Intl.RelativeTimeFormat(language);
  return seconds < 120
    ? format.format(seconds, 'second')
    : format.format(Math.ceil(seconds / 60), 'minute');
}
