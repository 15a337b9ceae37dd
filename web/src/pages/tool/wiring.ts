import type { Api } from '../../session/api.ts';
import type { AttendanceDeps } from '../../session/attendance.ts';
import { systemTimers } from '../../session/timers.ts';

/** The browser, as the session wants to see it. */
export function browserDeps(api: Api): AttendanceDeps {
  return {
    token: (milliseconds) => api.joinToken(milliseconds),
    fetch: (url, init) => window.fetch(url, init),
    socket: (url, protocol) => new WebSocket(url, protocol),
    peer: (configuration) => new RTCPeerConnection(configuration),
    stream: (tracks) => new MediaStream(tracks),
    capture: (options) => navigator.mediaDevices.getDisplayMedia(options),
    shows: (format) => {
      const known = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
      const wanted = `video/${format}`.toLowerCase();
      return known.length === 0 || known.some(({ mimeType }) => mimeType.toLowerCase() === wanted);
    },
    capabilities: (kind) => RTCRtpSender.getCapabilities(kind),
    timers: systemTimers,
    random: Math.random,
    log(level, message, details = {}) {
      console[level](`coopnet: ${message}`, details);
    },
  };
}
