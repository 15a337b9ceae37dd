import type { DiagnosticDeps } from '../../session/diagnostic/deps.ts';
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
