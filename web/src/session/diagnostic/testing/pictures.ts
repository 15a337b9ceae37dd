/** Easels and readers without a browser: a drawing is kept as points, and comes back as a test wants. */
import { vi } from 'vitest';
import type { Easel, Picture, Reader } from '../deps.ts';
import { size } from '../pattern.ts';

/** A canvas that knows filled rectangles and whole images; text is a fine checkerboard. */
export class Canvas {
  fillStyle = '#000';
  font = '';
  textBaseline = '';
  readonly data = new Uint8ClampedArray(size.width * size.height * 4).fill(255);

  fillRect(x: number, y: number, width: number, height: number): void {
    const hex = this.fillStyle.slice(1);
    const step = hex.length / 3;
    const tone = Number.parseInt(hex.slice(0, step).padEnd(2, hex[0]), 16);
    for (let row = y; row < Math.min(y + height, size.height); row++) {
      const from = (row * size.width + x) * 4;
      const to = (row * size.width + Math.min(x + width, size.width)) * 4;
      this.data.fill(tone, from, to);
    }
  }

  fillText(text: string, x: number, y: number): void {
    this.fillStyle = '#000';
    for (let at = 0; at < Math.min(text.length * 6, 600); at += 2) this.fillRect(x + at, y, 1, 8);
  }

  createImageData(): { data: Uint8ClampedArray } {
    // Nobody looks at the noise.
    return { data: new Uint8ClampedArray(16) };
  }

  putImageData(image: { data: Uint8ClampedArray }): void {
    this.data.set(image.data);
  }

  getImageData(): Picture {
    return { ...size, data: this.data.slice() };
  }
}

/** What becomes of a picture on the way. */
export type Mishap = 'none' | 'nothing' | 'black' | 'other' | 'blurred';

export class Pictures {
  mishap: Mishap = 'none';
  open = 0;
  #canvas: Canvas | null = null;

  readonly easel = (): Easel => {
    this.open++;
    const canvas = new Canvas();
    this.#canvas = canvas;
    return {
      context: canvas as unknown as CanvasRenderingContext2D,
      track: { kind: 'video', contentHint: '' } as MediaStreamTrack,
      close: () => void this.open--,
    };
  };

  readonly reader = (): Reader => {
    this.open++;
    let frames = 0;
    return {
      read: () => (this.mishap === 'nothing' ? null : this.#seen()),
      frames: () => (frames += 5),
      close: () => void this.open--,
    };
  };

  #seen(): Picture {
    const picture = (this.#canvas ?? new Canvas()).getImageData();
    const { data } = picture;
    if (this.mishap === 'black') data.fill(0);
    if (this.mishap === 'other') data.fill(128);
    if (this.mishap === 'blurred') {
      for (let at = 0; at + 16 < data.length; at += 16) {
        data.fill(((data[at] ?? 0) + (data[at + 4] ?? 0) + (data[at + 8] ?? 0)) / 3, at, at + 16);
      }
    }
    return picture;
  }
}

/** A screen that was chosen. */
export function screen(): { media: MediaStream; stopped: () => boolean } {
  const stop = vi.fn();
  const track = { kind: 'video', stop, getSettings: () => ({ displaySurface: 'window' }) };
  const media = { getVideoTracks: () => [track], getTracks: () => [track] };
  return {
    media: media as unknown as MediaStream,
    stopped: () => stop.mock.calls.length > 0,
  };
}
