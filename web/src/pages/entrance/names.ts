import { browserStorage } from '../../browserstorage.ts';

const key = 'coopnet.names';
const most = 5;

/** The names of conferences that somebody wanted to be remembered on this computer, the latest first. */
export class KeptNames {
  readonly #storage: Storage | null;

  constructor(storage: Storage | null) {
    this.#storage = storage;
  }

  read(): string[] {
    try {
      const kept: unknown = JSON.parse(this.#storage?.getItem(key) ?? '[]');
      if (!Array.isArray(kept)) return [];
      return kept.filter((name): name is string => typeof name === 'string').slice(0, most);
    } catch {
      return [];
    }
  }

  /** Exactly as it was typed: capitals and spaces are part of the name. */
  keep(name: string): void {
    const names = [name, ...this.read().filter((other) => other !== name)].slice(0, most);
    try {
      this.#storage?.setItem(key, JSON.stringify(names));
    } catch {
      // It has to be typed again.
    }
  }

  forget(): void {
    try {
      this.#storage?.removeItem(key);
    } catch {
      // There is nothing to forget where nothing can be kept.
    }
  }
}

/** In this browser; where it forbids storage nothing is kept. */
export const keptNames = (): KeptNames => new KeptNames(browserStorage('localStorage'));
