/** What this browser offers, without asking anybody. */
import { checkBrowser } from '../../fitness.ts';
import { agentOf, neededVersion } from '../agent.ts';
import type { DiagnosticDeps, Seen } from '../deps.ts';
import type { Outcome } from '../result.ts';

export function browser({ browser: seen }: DiagnosticDeps): Outcome {
  const { userAgent } = seen.navigator;
  const agent = agentOf(userAgent);
  const facts = { ...agent, userAgent };
  if (agent.browser === '') return { state: 'passed', finding: 'browser.unknown', facts };
  const name = `${agent.browser} ${agent.version || ''}`.trim();
  const fill = { browser: name, system: agent.system || '?', least: neededVersion(agent) };
  return fill.least > 0
    ? { state: 'failed', finding: 'browser.old', fill, facts }
    : { state: 'passed', finding: 'browser.known', fill, facts };
}

export function secure({ browser: { isSecureContext } }: DiagnosticDeps): Outcome {
  return isSecureContext
    ? { state: 'passed', finding: 'secure.yes' }
    : { state: 'failed', finding: 'secure.no' };
}

/** A browser may have the name and refuse the thing: an administrator or an extension has switched it off. */
export function webrtc(deps: DiagnosticDeps): Outcome {
  if (!('RTCPeerConnection' in deps.browser)) return { state: 'failed', finding: 'webrtc.no' };
  try {
    deps.peer({}).close();
    return { state: 'passed', finding: 'webrtc.yes' };
  } catch {
    return { state: 'failed', finding: 'webrtc.off' };
  }
}

export function codecs({ browser: seen }: DiagnosticDeps): Outcome {
  const decoded = formats(seen.RTCRtpReceiver);
  const encoded = formats(seen.RTCRtpSender);
  const facts = { decodes: decoded, encodes: encoded };
  if (decoded.length === 0) return { state: 'failed', finding: 'codecs.none', facts };
  const fill = { decodes: decoded.join(', '), encodes: encoded.join(', ') };
  if (encoded.length === 0) return { state: 'warning', finding: 'codecs.watch', fill, facts };
  return { state: 'passed', finding: 'codecs.all', fill, facts };
}

const pictures = ['VP9', 'VP8', 'H264', 'AV1'];

function formats(from: Seen['RTCRtpReceiver']): string[] {
  const known = from?.getCapabilities('video')?.codecs ?? [];
  const names = new Set(known.map(({ mimeType }) => mimeType.split('/')[1]?.toUpperCase()));
  return pictures.filter((name) => names.has(name));
}

export function cookies({ browser: seen }: DiagnosticDeps): Outcome {
  const met = checkBrowser(seen).some(({ check, met: is }) => check === 'cookies' && is);
  return met
    ? { state: 'passed', finding: 'cookies.yes' }
    : { state: 'failed', finding: 'cookies.no' };
}

/** Reading storage may throw, and so may writing it: both are tried. */
export function storage(kept: Storage | null): Outcome {
  try {
    kept?.setItem(probe, probe);
    const works = kept?.getItem(probe) === probe;
    kept?.removeItem(probe);
    if (works) return { state: 'passed', finding: 'storage.yes' };
  } catch {
    // Said below.
  }
  return { state: 'warning', finding: 'storage.no' };
}

const probe = 'coopnet.test';
