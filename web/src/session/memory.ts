import { admissionOf, type Admission } from './api.ts';
import { fields } from './shape.ts';

const key = 'coopnet.admission';
/** What talkmemory.ts keeps of the conference. */
export const talkKey = 'coopnet.talk';

/**
 * Keeps the last admission answer for as long as the tab lives, so that a reload finds the
 * conference's title and numbers again. The right to join is in the cookie, never here.
 */
export class AdmissionMemory {
  readonly #storage: Storage | null;

  constructor(storage: Storage | null) {
    this.#storage = storage;
  }

  read(): Admission | null {
    try {
      const kept = this.#storage?.getItem(key) ?? null;
      return kept === null ? null : admissionOf(fields(JSON.parse(kept), 'admission'));
    } catch {
      return null;
    }
  }

  /**
   * Null forgets what was said there, too. A guest's identity is left out: its cookie is the truth, and "disconnect" must
   * forget it here too. A colleague's belongs to the admission.
   */
  write(admission: Admission | null): void {
    try {
      if (admission === null) {
        this.#storage?.removeItem(key);
        this.forgetTalk();
      } else {
        this.#storage?.setItem(
          key,
          JSON.stringify(admission.signedIn ? admission : { ...admission, identity: null }),
        );
      }
    } catch {
      // A browser without storage only loses the comfort of a reload.
    }
  }

  /** What somebody has begun to write is theirs, and so is the name beside it. */
  forgetTalk(): void {
    try {
      this.#storage?.removeItem(talkKey);
    } catch {
      // Without storage nothing is kept.
    }
  }
}
