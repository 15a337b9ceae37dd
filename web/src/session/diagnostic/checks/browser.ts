/** What this browser offers, without asking anybody. */
import { checkBrowser } from '../../fitness.ts';
import type { DiagnosticDeps, Seen } from '../deps.ts';
import type { Outcome } from '../result.ts';

export function secure({ browser }: DiagnosticDeps): Outcome {
  return browser.isSecureContext
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

export function codecs({ browser }: DiagnosticDeps): Outcome {
  const decoded = formats(browser.RTCRtpReceiver);
  const encoded = formats(browser.RTCRtpSender);
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

export function cookies({ browser }: DiagnosticDeps): Outcome {
  const met = checkBrowser(browser).some(({ check, met: is }) => check === 'cookies' && is);
  return met
    ? { state: 'passed', finding: 'cookies.yes' }
    : { state: 'failed', finding: 'cookies.no' };
}
