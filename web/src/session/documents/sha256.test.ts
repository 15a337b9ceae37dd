import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sha256 } from './sha256.ts';

const noise = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);

function ours(bytes: Uint8Array, piece: number): string {
  const hash = new Sha256();
  for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece));
  return hash.hex();
}

describe('SHA-256', () => {
  it('of the standard’s examples', () => {
    const abc = new TextEncoder().encode('abc');
    expect(ours(abc, 3)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(ours(new Uint8Array(), 1)).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it.each([1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 65_537])(
    'of %i bytes, in pieces of any size',
    (length) => {
      const bytes = noise(length);
      const theirs = createHash('sha256').update(bytes).digest('hex');
      for (const piece of [1, 3, 64, 100, 4096]) {
        if (length / piece < 2000) expect(ours(bytes, piece)).toBe(theirs);
      }
    },
  );
});
