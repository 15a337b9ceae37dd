import type { DiagnosticDeps, FullDeps } from '../../session/diagnostic/deps.ts';
import type { UploadDeps } from '../../session/diagnostic/upload.ts';
import type { Outside } from '../../ui/services.ts';

/** The browser, as the checks want to see it. */
export function quickDeps(outside: Outside): DiagnosticDeps {
  return {
    fetch: outside.fetch,
    timers: outside.timers,
    now: () => outside.now().getTime(),
    random: Math.random,
    browser: window,
    socket: (url, protocol) => new WebSocket(url, protocol),
    peer: (configuration) => new RTCPeerConnection(configuration),
  };
}

type Pictures = Pick<FullDeps, 'easel' | 'reader'>;

export function fullDeps(outside: Outside, pictures: Pictures): FullDeps {
  return {
    ...quickDeps(outside),
    ...pictures,
    storage: outside.session,
    capture: (options) => navigator.mediaDevices.getDisplayMedia(options),
  };
}

export function uploadDeps({ fetch, timers }: Outside): UploadDeps {
  const subtle: SubtleCrypto | undefined = window.crypto?.subtle;
  return {
    fetch,
    timers,
    digest: subtle === undefined ? null : (bytes) => subtle.digest('SHA-256', bytes),
  };
}
