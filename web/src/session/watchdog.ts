import type { PictureCounts } from './stats.ts';

/**
 * - `none`: no share to show
 * - `starting`: a share is live, its first frame is awaited
 * - `moving`: frames were decoded; a page on which nothing moves stays here
 * - `undecodable`: a share is live, but no frame could be decoded
 * - `black`: frames are decoded and every one is black
 */
export type Picture = 'none' | 'starting' | 'moving' | 'undecodable' | 'black';

/** How long a first frame may take before it is reported; long enough for a keyframe's retries. */
const firstFrame = 5000;
/** How long frames may arrive without one of them being decoded. */
const decoding = 3000;
/** Packets in that time that can only be a picture; a still page with probing stays below. */
const pictureful = 30;
const blackFor = 3000;

interface Observed {
  at: number;
  counts: PictureCounts;
}

/** Judges from counters and samples whether the guest really sees something. */
export class Watchdog {
  #share = '';
  #since = 0;
  /** The youngest observation is last; none is older than needed to span `decoding`. */
  #observed: Observed[] = [];
  #sawFrame = false;
  #blackSince: number | null = null;

  /** `share` is the id of the share that the relay should be sending, or "". */
  follow(share: string, now: number): Picture {
    if (share !== this.#share) {
      this.#share = share;
      this.#begin(now);
      this.#observed = this.#observed.slice(-1);
    }
    return this.judge(now);
  }

  /** A new media session: its counters start at zero. */
  renew(now: number): void {
    this.#begin(now);
    this.#observed = [];
  }

  observe(counts: PictureCounts, now: number): Picture {
    const before = this.#observed.at(-1);
    if (counts.framesDecoded > (before?.counts.framesDecoded ?? 0)) this.#sawFrame = true;
    this.#observed.push({ at: now, counts });
    while (this.#observed.length > 1 && now - (this.#observed[1]?.at ?? now) >= decoding) {
      this.#observed.shift();
    }
    return this.judge(now);
  }

  /** A look at the shown picture; null when it could not be looked at. */
  look(black: boolean | null, now: number): Picture {
    if (black === true) this.#blackSince ??= now;
    else if (black === false) this.#blackSince = null;
    return this.judge(now);
  }

  judge(now: number): Picture {
    if (this.#share === '') return 'none';
    if (!this.#sawFrame) return now - this.#since >= firstFrame ? 'undecodable' : 'starting';
    if (this.#undecoded()) return 'undecodable';
    if (this.#blackSince !== null && now - this.#blackSince >= blackFor) return 'black';
    return 'moving';
  }

  #begin(now: number): void {
    this.#since = now;
    this.#sawFrame = false;
    this.#blackSince = null;
  }

  #undecoded(): boolean {
    const first = this.#observed[0];
    const last = this.#observed.at(-1);
    if (!first || !last || last.at - first.at < decoding) return false;
    if (last.counts.framesDecoded !== first.counts.framesDecoded) return false;
    return (
      last.counts.framesReceived > first.counts.framesReceived + 1 ||
      last.counts.packets >= first.counts.packets + pictureful
    );
  }
}
