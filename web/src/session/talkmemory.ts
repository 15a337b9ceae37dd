import { talkKey } from './memory.ts';
import { fields, list, text } from './shape.ts';

/** Whose it is: neither another conference nor another person at the same computer finds it. */
export interface Whose {
  conference: string;
  participant: string;
  name: string;
}

export interface Begun {
  /** What was typed and not sent, by whom it is to; the latest last. */
  drafts: ReadonlyMap<string, string>;
  /** The messages that were in sight. */
  read: ReadonlySet<string>;
}

const mostDrafts = 20;
const mostRead = 500;

/** What somebody has begun to write and has read, for as long as the tab lives: a reload takes neither away. */
export class TalkMemory {
  readonly #storage: Storage | null;

  constructor(storage: Storage | null) {
    this.#storage = storage;
  }

  /** Null where nothing is kept; what is somebody else's is forgotten. */
  recall(whose: Whose): Begun | null {
    try {
      const kept = this.#storage?.getItem(talkKey) ?? null;
      if (kept === null) return null;
      const from = fields(JSON.parse(kept), 'talk');
      const same = (['conference', 'participant', 'name'] as const).every(
        (part) => text(from, part) === whose[part],
      );
      if (same) {
        const drafts = list(from, 'drafts', (value) => {
          const draft = fields(value, 'draft');
          return [text(draft, 'to'), text(draft, 'text')] as const;
        });
        return { drafts: new Map(drafts), read: new Set(list(from, 'read', String)) };
      }
      this.#storage?.removeItem(talkKey);
    } catch {
      // What cannot be read is not kept.
    }
    return null;
  }

  keep(whose: Whose, { drafts, read }: Begun): void {
    const kept = {
      ...whose,
      drafts: [...drafts].slice(-mostDrafts).map(([to, typed]) => ({ to, text: typed })),
      read: [...read].slice(-mostRead),
    };
    try {
      this.#storage?.setItem(talkKey, JSON.stringify(kept));
    } catch {
      // A browser without storage only loses the comfort of a reload.
    }
  }
}
