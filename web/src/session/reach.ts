import type { JoinToken } from './api.ts';

/**
 * Which relay to use: the conference's own, or the one to fall back to while that one cannot be
 * reached. The control channel finds out, and the media sessions follow it.
 */
export class Reach {
  readonly #fresh: (milliseconds: number) => Promise<JoinToken>;
  /** The address of the conference's own relay, while it does not answer. */
  #silent = '';

  constructor(fresh: (milliseconds: number) => Promise<JoinToken>) {
    this.#fresh = fresh;
  }

  /** A fresh token for the relay to use now. */
  async token(milliseconds: number): Promise<JoinToken> {
    const grant = await this.#fresh(milliseconds);
    const [other] = grant.alternates;
    // A conference that has moved meanwhile has another relay of its own: that one is tried.
    if (grant.relay.control !== this.#silent || other === undefined) return grant;
    return { ...grant, ...other, alternates: [] };
  }

  /** The relay of this token did not answer: the other one is next. */
  failed(grant: JoinToken): void {
    this.#silent = grant.alternates.length > 0 ? grant.relay.control : '';
  }

  /** The relay sends everybody away: the conference's own is next. */
  sentAway(): void {
    this.#silent = '';
  }
}
