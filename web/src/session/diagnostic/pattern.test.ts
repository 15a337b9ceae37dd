import { describe, expect, it } from 'vitest';
import { drawMotion, drawPage, isBlack, largestCode, likeness, readCode } from './pattern.ts';
import { Canvas } from './testing/pictures.ts';

function page(code: number): Canvas {
  const canvas = new Canvas();
  drawPage(canvas as unknown as CanvasRenderingContext2D, code);
  return canvas;
}

describe('the pattern', () => {
  it.each([0, 1, 0xa5a5a5, largestCode])('is read back: %d', (code) => {
    const canvas = page(code);
    expect(readCode(canvas.getImageData())).toBe(code);
    drawMotion(canvas as unknown as CanvasRenderingContext2D, 40);
    expect(readCode(canvas.getImageData())).toBe(code);
  });

  it.each([0, 128, 255])('is not seen in a picture of one tone: %d', (tone) => {
    const picture = new Canvas().getImageData();
    picture.data.fill(tone);
    expect(readCode(picture)).toBeNull();
    expect(isBlack(picture)).toBe(tone === 0);
  });

  it('is not read where a block is lost', () => {
    const canvas = page(12_345);
    canvas.fillStyle = '#000';
    canvas.fillRect(0, 0, 320, 20);
    expect(readCode(canvas.getImageData())).not.toBe(12_345);
  });
});

describe('likeness', () => {
  const drawn = page(7).getImageData();

  it('is perfect for the same picture', () => {
    expect(likeness(drawn, drawn)).toEqual({ psnr: 99, edges: 100 });
  });

  it('falls with noise, and with blur faster at the edges', () => {
    const noisy = page(7).getImageData();
    noisy.data.forEach((value, at) => (noisy.data[at] = value + (at % 7) - 3));
    const { psnr, edges } = likeness(drawn, noisy);
    expect(psnr).toBeGreaterThan(35);
    expect(edges).toBe(100);
    const grey = page(7).getImageData();
    grey.data.fill(128);
    expect(likeness(drawn, grey).edges).toBe(0);
    expect(likeness(drawn, grey).psnr).toBeLessThan(10);
  });
});
