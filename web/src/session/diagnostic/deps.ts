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

/** A picture, read back: four bytes for each point. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8ClampedArray;
}

/** A canvas that is a video track. */
export interface Easel {
  context: CanvasRenderingContext2D;
  track: MediaStreamTrack;
  close(): void;
}

/** Shows a video track to nobody, and reads what it shows. */
export interface Reader {
  /** What is shown now, scaled to the size that was asked for; null before the first picture. */
  read(): Picture | null;
  /** How many pictures have been shown. */
  frames(): number;
  close(): void;
}

/** What the whole run needs beyond the quick one. */
export interface FullDeps extends DiagnosticDeps {
  storage: Storage | null;
  easel(width: number, height: number): Easel;
  reader(track: MediaStreamTrack, width: number, height: number): Reader;
  capture(options: DisplayMediaStreamOptions): Promise<MediaStream>;
}
