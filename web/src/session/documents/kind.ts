/** What a file is by its own bytes: what its name and its sender say is never believed. */
export type Kind = 'pdf' | 'png' | 'jpeg' | 'gif' | 'webp';

export interface ImageHead {
  kind: Exclude<Kind, 'pdf'>;
  width: number;
  height: number;
}

/** As much of a file as has to be looked at: photographs have kilobytes before their measures. */
export const headLength = 1 << 20;

/** Null for what is neither a PDF nor an image that can be shown. */
export function headOf(bytes: Uint8Array): { kind: 'pdf' } | ImageHead | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return imageOf(bytes, view) ?? (isPdf(bytes) ? { kind: 'pdf' } : null);
  } catch (cause) {
    if (cause instanceof RangeError) return null; // it ends too early
    throw cause;
  }
}

/** The mark is somewhere in the first kilobyte (ISO 32000-1, annex H, note 13). */
function isPdf(bytes: Uint8Array): boolean {
  return latin(bytes, 0, 1024).includes('%PDF-');
}

function imageOf(bytes: Uint8Array, view: DataView): ImageHead | null {
  if (latin(bytes, 0, 8) === '\x89PNG\r\n\x1a\n' && latin(bytes, 12, 4) === 'IHDR') {
    return { kind: 'png', width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (/^GIF8[79]a/.test(latin(bytes, 0, 6))) {
    return { kind: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  if (latin(bytes, 0, 4) === 'RIFF' && latin(bytes, 8, 4) === 'WEBP') return webpOf(bytes, view);
  if (latin(bytes, 0, 3) === '\xff\xd8\xff') return jpegOf(view);
  return null;
}

/** RFC 9649: a picture with or without a loss, or with more around it. */
function webpOf(bytes: Uint8Array, view: DataView): ImageHead | null {
  const kind = 'webp';
  switch (latin(bytes, 12, 4)) {
    case 'VP8 ':
      return {
        kind,
        width: view.getUint16(26, true) & 0x3fff,
        height: view.getUint16(28, true) & 0x3fff,
      };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { kind, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X': {
      const at = (offset: number) => view.getUint32(offset, true) & 0xffffff;
      return { kind, width: at(24) + 1, height: (view.getUint32(26, true) >>> 8) + 1 };
    }
    default:
      return null;
  }
}

/** The measures are in the start of the frame (ITU-T T.81, B.2.2), behind any number of segments. */
function jpegOf(view: DataView): ImageHead | null {
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (frame) {
      return { kind: 'jpeg', width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    }
    const length = view.getUint16(at + 2);
    if (length < 2) return null;
    at += 2 + length;
  }
  return null;
}

function latin(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** Whether somebody will want to show it; opening it finds out. */
export function looksShowable({ name, type }: { name: string; type: string }): boolean {
  return (
    ['application/pdf', 'image/png', 'image/jpeg', 'image/gif', 'image/webp'].includes(type) ||
    /\.(pdf|png|jpe?g|gif|webp)$/i.test(name)
  );
}
