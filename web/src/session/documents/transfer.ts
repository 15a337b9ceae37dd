import { Problem } from '../problem.ts';
import { Sha256 } from './sha256.ts';
import type { Upload } from './api.ts';

/** One request of the browser that tells how far it is. It rejects with a Problem. */
export type Send = (
  upload: Upload,
  file: Blob,
  sent: (bytes: number) => void,
  signal: AbortSignal,
) => Promise<void>;

/** Enough that its hash takes a few milliseconds and no frame is late. */
const piece = 512 << 10;

/** The file's SHA-256, read piece by piece. `done` hears of every one, and the page breathes in between. */
export async function checksum(
  file: Blob,
  done: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += piece) {
    let bytes: ArrayBuffer;
    try {
      bytes = await file.slice(at, at + piece).arrayBuffer();
    } catch (cause) {
      throw new Problem('unreadable', { cause }); // moved or changed since it was picked
    }
    signal.throwIfAborted();
    hash.update(new Uint8Array(bytes));
    done(Math.min(at + piece, file.size));
  }
  return hash.hex();
}
