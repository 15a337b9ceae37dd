import type { Log } from './log.ts';
import { asProblem } from './problem.ts';

/** What of a shared picture matters most. */
export type Hint = 'text' | 'motion';

/** Offers the codecs in this order; what it does not name (retransmission, recovery) keeps its place behind. */
export function byPreference(
  transceiver: RTCRtpTransceiver,
  known: readonly RTCRtpCodec[],
  order: readonly string[],
): void {
  if (known.length > 0) transceiver.setCodecPreferences?.(ordered(known, order));
}

export function ordered(known: readonly RTCRtpCodec[], order: readonly string[]): RTCRtpCodec[] {
  const rank = ({ mimeType }: RTCRtpCodec) => {
    const at = order.indexOf(mimeType.toLowerCase());
    return at < 0 ? order.length : at;
  };
  return known.toSorted((a, b) => rank(a) - rank(b));
}

/** With little bandwidth a shared screen gets fewer frames, never a blurred text. */
export async function keepSharp(sender: RTCRtpSender, log: Log): Promise<void> {
  try {
    const parameters = sender.getParameters();
    await sender.setParameters(
      Object.assign(parameters, { degradationPreference: 'maintain-resolution' }),
    );
  } catch (cause) {
    // Firefox does not know the preference and may refuse before the negotiation.
    log('info', 'share: no degradation preference', { code: asProblem(cause).code });
  }
}
