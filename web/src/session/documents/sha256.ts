/** SHA-256 (FIPS 180-4) of what comes in pieces: the browser's own takes everything at once. */
const block = 64;

export class Sha256 {
  readonly #state = new Uint32Array(startOf());
  readonly #words = new Uint32Array(64);
  readonly #rest = new Uint8Array(block);
  #kept = 0;
  #length = 0;

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    let at = 0;
    if (this.#kept > 0) {
      at = Math.min(block - this.#kept, bytes.length);
      this.#rest.set(bytes.subarray(0, at), this.#kept);
      this.#kept += at;
      if (this.#kept < block) return;
      this.#mix(this.#rest, 0);
      this.#kept = 0;
    }
    for (; at + block <= bytes.length; at += block) this.#mix(bytes, at);
    this.#rest.set(bytes.subarray(at));
    this.#kept = bytes.length - at;
  }

  /** The digest in hexadecimal; nothing can follow. */
  hex(): string {
    const bits = this.#length * 8;
    const padding = new Uint8Array(Math.ceil((this.#kept + 9) / block) * block - this.#kept);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    return [...this.#state].map((word) => word.toString(16).padStart(8, '0')).join('');
  }

  #mix(bytes: Uint8Array, at: number): void {
    const w = this.#words;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, block);
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(4 * i);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15] ?? 0;
      const b = w[i - 2] ?? 0;
      const s0 = turn(a, 7) ^ turn(a, 18) ^ (a >>> 3);
      const s1 = turn(b, 17) ^ turn(b, 19) ^ (b >>> 10);
      w[i] = (w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as Eight;
    for (let i = 0; i < 64; i++) {
      const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (constants[i] ?? 0) + (w[i] ?? 0)) | 0;
      const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    const s = this.#state;
    [a, b, c, d, e, f, g, h].forEach((word, i) => (s[i] = (s[i] ?? 0) + word));
  }
}

type Eight = [number, number, number, number, number, number, number, number];

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractional parts of roots of the first primes. */
function roots(many: number, power: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < many; n++) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
    if (prime) found.push(((n ** power % 1) * 2 ** 32) | 0);
  }
  return found;
}

const constants = new Uint32Array(roots(64, 1 / 3));

function startOf(): number[] {
  return roots(8, 1 / 2);
}
