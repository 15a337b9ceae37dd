/**
 * The picture that the tests share and read again: where everything lies on it, and the code of large black and
 * white blocks that tells which conference it belongs to and when it was drawn.
 *
 * The functions here are sent into pages as text, so each of them uses nothing but its arguments.
 */

/** Where the parts of the pattern lie, in pixels of a picture of `width` x `height`. */
export interface Layout {
  width: number;
  height: number;
  /** The frame by which a reader finds the pattern in a video of any size. */
  frame: number;
  /** The code: `columns` x `rows` blocks. */
  code: {
    x: number;
    y: number;
    block: { width: number; height: number };
    columns: number;
    rows: number;
  };
  /** Where a bar sweeps while the pattern moves. */
  motion: Box;
  /** Small text and fine lines: never changes, so it can be compared with the original. */
  still: Box;
  /** One glyph to a cell, of 10 px text, inside `still`. */
  glyphs: { x: number; y: number; cell: { width: number; height: number }; text: string };
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What the code says: the conference's tag (16 bits) and the time of drawing in milliseconds. */
export interface Coded {
  tag: number;
  time: number;
}

export interface Codec {
  /** One entry for each block, 1 is black. */
  encode(coded: Coded): number[];
  /** Null when the checksum does not fit; `now` completes the time, of which the code has 32 bits. */
  decode(bits: number[], now: number): Coded | null;
}

export const layout: Layout = {
  width: 1280,
  height: 720,
  frame: 12,
  code: { x: 32, y: 32, block: { width: 38, height: 28 }, columns: 32, rows: 2 },
  motion: { x: 32, y: 104, width: 1216, height: 72 },
  still: { x: 32, y: 192, width: 1216, height: 480 },
  glyphs: {
    x: 48,
    y: 208,
    cell: { width: 16, height: 16 },
    text: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  },
};

/** The code itself: 16 bits of tag, 32 of time, 16 of checksum. */
export function codec(): Codec {
  const checksum = (bits: number[]): number => {
    // CRC-16/CCITT-FALSE, bit by bit.
    let crc = 0xffff;
    for (const bit of bits) {
      const carry = ((crc >> 15) & 1) ^ bit;
      crc = (crc << 1) & 0xffff;
      if (carry) crc ^= 0x1021;
    }
    return crc;
  };
  const write = (value: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (count - 1 - i)) % 2);
  const read = (bits: number[]): number => bits.reduce((value, bit) => value * 2 + bit, 0);
  const span = 2 ** 32;
  return {
    encode({ tag, time }) {
      const bits = [...write(tag, 16), ...write(time % span, 32)];
      return [...bits, ...write(checksum(bits), 16)];
    },
    decode(bits, now) {
      const payload = bits.slice(0, 48);
      if (bits.length !== 64 || read(bits.slice(48)) !== checksum(payload)) return null;
      const low = read(payload.slice(16));
      let time = now - (now % span) + low;
      if (time > now + span / 2) time -= span;
      if (time < now - span / 2) time += span;
      return { tag: read(payload.slice(0, 16)), time };
    },
  };
}
