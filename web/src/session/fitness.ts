export type Check = 'secure' | 'webrtc' | 'codecs' | 'cookies' | 'capture';

export interface Finding {
  check: Check;
  met: boolean;
  /** Watching works without it. */
  optional: boolean;
  detail: string;
}

type Seen = Pick<Window, 'isSecureContext' | 'navigator'> & {
  RTCPeerConnection?: unknown;
  RTCRtpReceiver?: Pick<typeof RTCRtpReceiver, 'getCapabilities'>;
};

const pictures = ['VP9', 'VP8', 'H264', 'AV1'];

/** What this browser offers of that which a conference needs. */
export function checkBrowser(browser: Seen): Finding[] {
  const codecs = shownCodecs(browser);
  const capture =
    browser.isSecureContext &&
    typeof browser.navigator.mediaDevices?.getDisplayMedia === 'function';
  return [
    { check: 'secure', met: browser.isSecureContext, optional: false, detail: '' },
    { check: 'webrtc', met: 'RTCPeerConnection' in browser, optional: false, detail: '' },
    { check: 'codecs', met: codecs.length > 0, optional: false, detail: codecs.join(', ') },
    { check: 'cookies', met: browser.navigator.cookieEnabled, optional: false, detail: '' },
    { check: 'capture', met: capture, optional: true, detail: '' },
  ];
}

function shownCodecs(browser: Seen): string[] {
  const capabilities = browser.RTCRtpReceiver?.getCapabilities('video');
  const offered = new Set(
    capabilities?.codecs.map(({ mimeType }) => mimeType.split('/')[1]?.toUpperCase()),
  );
  return pictures.filter((codec) => offered.has(codec));
}
