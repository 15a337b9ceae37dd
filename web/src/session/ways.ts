/** How somebody joins: in the browser, or with the installed software. */
export const ways = ['browser', 'software'] as const;
export type JoinWay = (typeof ways)[number];

const key = 'coopnet.way';

/** Keeps on this computer how somebody wants to join, on request. */
export class WayMemory {
  readonly #storage: Storage | null;

  constructor(storage: Storage | null) {
    this.#storage = storage;
  }

  /** Null where nothing was asked to be remembered. */
  read(): JoinWay | null {
    try {
      const kept = this.#storage?.getItem(key);
      return ways.find((way) => way === kept) ?? null;
    } catch {
      return null;
    }
  }

  keep(way: JoinWay): void {
    try {
      this.#storage?.setItem(key, way);
    } catch {
      // It has to be chosen again.
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
