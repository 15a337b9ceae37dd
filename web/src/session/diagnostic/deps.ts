import type { Fetch } from '../request.ts';
import type { Timers } from '../timers.ts';

/** The browser as far as it is looked at; `window` is one. */
export type Seen = Pick<Window, 'isSecureContext' | 'navigator'> & {
  RTCPeerConnection?: unknown;
  RTCRtpReceiver?: Pick<typeof RTCRtpReceiver, 'getCapabilities'>;
  RTCRtpSender?: Pick<typeof RTCRtpSender, 'getCapabilities'>;
};

/** What the checks need of the browser. */
export interface DiagnosticDeps {
  fetch: Fetch;
  timers: Timers;
  /** The wall clock, in milliseconds since 1970: it may be wrong. */
  now(): number;
  random(): number;
  browser: Seen;
  socket(url: string, protocol: string): WebSocket;
  /** Throws where WebRTC is switched off. */
  peer(configuration: RTCConfiguration): RTCPeerConnection;
}
