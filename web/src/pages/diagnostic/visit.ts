import type { Admission } from '../../session/api.ts';

/** Where the guest is with respect to a conference. */
export interface Visit {
  /** The conference's id; empty for none. */
  conference: string;
  /** The tool was open when it was asked what is wrong. */
  inside: boolean;
}

/** The tool opens this page beside itself, and says for which conference. */
export function visitOf(hash: string, admission: Admission | null): Visit {
  const named = /^#conference=([\w-]{1,64})$/.exec(hash)?.[1];
  if (named !== undefined) return { conference: named, inside: true };
  return { conference: admission?.conference.id ?? '', inside: false };
}

export function diagnosticAddress(conference: string): string {
  return conference === '' ? '/diagnostic' : `/diagnostic#conference=${conference}`;
}
