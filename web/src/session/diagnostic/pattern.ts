/** What is drawn to be sent round: a code that can be read back, small text, and noise that fills a line. */
import type { Picture } from './deps.ts';

export const size = { width: 640, height: 360 } as const;

/** A strip of dark and light blocks: 24 bits of a number, and 8 that check them. */
const strip = { columns: 16, rows: 2, block: { width: 40, height: 20 } } as const;
const area = { x: 8, y: 48, width: 624, height: 252 } as const;
const motion = { y: 312, height: 40, width: 80 } as const;

export const largestCode = 2 ** 24 - 1;

function bitsOf(code: number): boolean[] {
  const word = code * 256 + check(code);
  return Array.from({ length: 32 }, (_, at) => Math.floor(word / 2 ** (31 - at)) % 2 === 1);
}

/** A picture of one colour must not pass for a code. */
function check(code: number): number {
  return ((code % 251) ^ 0xa5) & 0xff;
}

export function drawPage(context: CanvasRenderingContext2D, code: number): void {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, size.width, size.height);
  const { width, height } = strip.block;
  bitsOf(code).forEach((bit, at) => {
    context.fillStyle = bit ? '#000' : '#fff';
    const row = Math.floor(at / strip.columns);
    context.fillRect((at % strip.columns) * width, row * height, width, height);
  });
  const sentence =
    'Coopnet: 1,234.56 € + 7.89 % – The quick brown fox jumps over the lazy dog. ÀÉÎÕÜ ';
  context.textBaseline = 'top';
  for (let line = 0; line < 15; line++) {
    context.font = `${10 + (line % 3) * 2}px ${line % 2 === 0 ? 'monospace' : 'sans-serif'}`;
    context.fillStyle = line % 4 === 3 ? '#335' : '#000';
    const turned = sentence.slice(line * 3) + sentence.slice(0, line * 3);
    context.fillText(turned, area.x, area.y + line * 17, area.width);
  }
}

/** Something that moves, so that pictures go on coming. */
export function drawMotion(context: CanvasRenderingContext2D, step: number): void {
  context.fillStyle = '#ddd';
  context.fillRect(0, motion.y, size.width, motion.height);
  context.fillStyle = '#0f5c6b';
  const x = (step * 12) % (size.width - motion.width);
  context.fillRect(x, motion.y, motion.width, motion.height);
}

/** Grains that no encoder makes small. */
export function drawNoise(context: CanvasRenderingContext2D, random: () => number): void {
  const image = context.createImageData(size.width, size.height);
  const points = new Uint32Array(image.data.buffer);
  let seed = Math.floor(random() * 2 ** 31) | 1;
  for (let at = 0; at < points.length; at += 4) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    points.fill(seed | 0xff000000, at, at + 4);
  }
  context.putImageData(image, 0, 0);
}

/** The number in the strip; null for another picture. */
export function readCode(picture: Picture): number | null {
  const { width, height } = strip.block;
  let word = 0;
  for (let at = 0; at < strip.columns * strip.rows; at++) {
    const x = (at % strip.columns) * width + width / 4;
    const y = Math.floor(at / strip.columns) * height + height / 4;
    word = word * 2 + (brightness(picture, x, y, width / 2, height / 2) < 128 ? 1 : 0);
  }
  const code = Math.floor(word / 256);
  return word % 256 === check(code) ? code : null;
}

function brightness(from: Picture, x: number, y: number, width: number, height: number): number {
  let sum = 0;
  for (let row = y; row < y + height; row++) {
    for (let column = x; column < x + width; column++) sum += luma(from, column, row);
  }
  return sum / (width * height);
}

/** Rec. 601, as the encoders have it. */
function luma({ data, width }: Picture, x: number, y: number): number {
  const at = (y * width + x) * 4;
  return 0.299 * (data[at] ?? 0) + 0.587 * (data[at + 1] ?? 0) + 0.114 * (data[at + 2] ?? 0);
}

export interface Likeness {
  /** Peak signal to noise, in dB; 99 for the same. */
  psnr: number;
  /** Per cent of the drawn edges that are still half as steep. */
  edges: number;
}

const steep = 60;

/** How much of the small text has arrived. */
export function likeness(drawn: Picture, seen: Picture): Likeness {
  let square = 0;
  let edges = 0;
  let kept = 0;
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) {
      const [here, there] = [luma(drawn, x, y), luma(seen, x, y)];
      square += (here - there) ** 2;
      const slope = luma(drawn, x + 1, y) - here;
      if (Math.abs(slope) < steep) continue;
      edges++;
      const found = luma(seen, x + 1, y) - there;
      if (found * Math.sign(slope) >= Math.abs(slope) / 2) kept++;
    }
  }
  const mean = square / (area.width * area.height);
  const psnr = mean === 0 ? 99 : Math.min(99, 10 * Math.log10(255 ** 2 / mean));
  return { psnr: Math.round(psnr * 10) / 10, edges: Math.round((100 * kept) / Math.max(1, edges)) };
}

/** Whether a picture has nothing but black in it. */
export function isBlack(picture: Picture): boolean {
  for (let y = 0; y < picture.height; y += 4) {
    for (let x = 0; x < picture.width; x += 4) if (luma(picture, x, y) > 20) return false;
  }
  return true;
}
