import { codec, layout, type Codec, type Layout } from './code.ts';

/** What one look at the video gave. */
export interface Sample {
  /** Milliseconds since 1970 when the frame was looked at. */
  at: number;
  /** Whether a new frame caused the look; otherwise nothing came for a while. */
  fresh: boolean;
  /** The video's own size, 0 when there is no picture yet. */
  width: number;
  height: number;
  /** What the code says, null when it is unreadable. */
  tag: number | null;
  time: number | null;
  /** Brightness of the whole picture and its spread; only where the code was unreadable. */
  luma: number | null;
  spread: number | null;
}

/** How near the still part is to the original. */
export interface Sharpness {
  psnr: number;
  /** Glyphs of the 10 px row that are nearest to themselves. */
  readable: number;
  glyphs: number;
  confused: string;
}

/** What a test asks of the reader in a viewer's page. */
export interface ReaderPage {
  /** The samples that were taken at or after `since`. */
  samples(since: number): Sample[];
  sharpness(reference: string): Sharpness | null;
  /** A picture of the video element's present frame, as a data URL. */
  snapshot(): string | null;
}

/** Runs in the viewer's page: reads each frame of the video that `selector` names. */
function read(codec: Codec, layout: Layout, selector: string): ReaderPage {
  const samples: Sample[] = [];
  const canvas = document.createElement('canvas');
  const paint = canvas.getContext('2d', { alpha: false, willReadFrequently: true })!;
  let watched: HTMLVideoElement | null = null;
  let place: { x: number; y: number; scale: number } | null = null;
  let lastLook = 0;

  const pixels = (
    video: HTMLVideoElement,
    from: number[],
    width: number,
    height: number,
  ): Uint8ClampedArray => {
    canvas.width = width;
    canvas.height = height;
    paint.drawImage(video, from[0]!, from[1]!, from[2]!, from[3]!, 0, 0, width, height);
    return paint.getImageData(0, 0, width, height).data;
  };
  const whole = (video: HTMLVideoElement): number[] => [0, 0, video.videoWidth, video.videoHeight];
  const part = (x: number, y: number, width: number, height: number): number[] => [
    place!.x + x * place!.scale,
    place!.y + y * place!.scale,
    width * place!.scale,
    height * place!.scale,
  ];
  const luma = (data: Uint8ClampedArray, i: number): number =>
    0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!;

  /** Finds the magenta frame along the middle row and the middle column. */
  const locate = (video: HTMLVideoElement): void => {
    const width = video.videoWidth;
    const height = video.videoHeight;
    const data = pixels(video, whole(video), width, height);
    const magenta = (x: number, y: number): boolean => {
      const i = 4 * (y * width + x);
      return data[i]! > 170 && data[i + 1]! < 110 && data[i + 2]! > 170;
    };
    const extent = (count: number, at: (i: number) => boolean): [number, number] => {
      let first = 0;
      let last = count - 1;
      while (first < count && !at(first)) first++;
      while (last >= 0 && !at(last)) last--;
      return [first, last];
    };
    const [left, right] = extent(width, (x) => magenta(x, height >> 1));
    const [top] = extent(height, (y) => magenta(width >> 1, y));
    place =
      right - left > width / 8
        ? { x: left, y: top, scale: (right - left + 1) / layout.width }
        : null;
  };

  const decode = (video: HTMLVideoElement, now: number): ReturnType<Codec['decode']> => {
    if (!place) return null;
    const { x, y, block, columns, rows } = layout.code;
    const from = part(x, y, columns * block.width, rows * block.height);
    const data = pixels(video, from, columns * 4, rows * 4);
    const bits = Array.from({ length: columns * rows }, (_, i) => {
      const left = (i % columns) * 4 + 1;
      const top = Math.floor(i / columns) * 4 + 1;
      const at = (dx: number, dy: number): number =>
        luma(data, (top + dy) * columns * 4 + left + dx);
      return at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) < 4 * 128 ? 1 : 0;
    });
    return codec.decode(bits, now);
  };

  const brightness = (video: HTMLVideoElement): { luma: number; spread: number } => {
    const data = pixels(video, whole(video), 64, 36);
    const values = Array.from({ length: 64 * 36 }, (_, i) => luma(data, i));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { luma: mean, spread: Math.sqrt(variance) };
  };

  const look = (video: HTMLVideoElement | null, fresh: boolean): void => {
    const at = Date.now();
    const sample: Sample = {
      at,
      fresh,
      width: 0,
      height: 0,
      tag: null,
      time: null,
      luma: null,
      spread: null,
    };
    if (video && video.readyState >= 2 && video.videoWidth > 0) {
      sample.width = video.videoWidth;
      sample.height = video.videoHeight;
      let coded = decode(video, at);
      if (!coded) {
        locate(video);
        coded = decode(video, at);
      }
      if (coded) Object.assign(sample, coded);
      else Object.assign(sample, brightness(video));
    }
    lastLook = at;
    samples.push(sample);
    if (samples.length > 20_000) samples.splice(0, 10_000);
  };

  const follow = (video: HTMLVideoElement): void => {
    const next = (): void => {
      if (video !== watched) return;
      look(video, true);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  };

  setInterval(() => {
    const video = document.querySelector<HTMLVideoElement>(selector);
    if (video !== watched) {
      watched = video;
      place = null;
      if (video) follow(video);
    }
    if (Date.now() - lastLook >= 200) look(video, false);
  }, 50);

  return {
    samples: (since) => samples.filter((sample) => sample.at >= since),
    sharpness(reference) {
      if (!watched || !place) return null;
      const { x, y, width, height } = layout.still;
      const original = Uint8Array.from(atob(reference), (letter) => letter.charCodeAt(0));
      const data = pixels(watched, part(x, y, width, height), width, height);
      const seen = Float32Array.from({ length: width * height }, (_, i) => luma(data, i));
      const error =
        seen.reduce((sum, value, i) => sum + (value - original[i]!) ** 2, 0) / seen.length;
      const { glyphs } = layout;
      const apart = (a: number, b: number): number => {
        let sum = 0;
        for (let row = 0; row < glyphs.cell.height; row++) {
          const start = (glyphs.y - y + row) * width + glyphs.x - x;
          for (let column = 0; column < glyphs.cell.width; column++) {
            const seenAt = start + a * glyphs.cell.width + column;
            sum += (seen[seenAt]! - original[start + b * glyphs.cell.width + column]!) ** 2;
          }
        }
        return sum;
      };
      const all = [...glyphs.text];
      const confused = all.filter((_, a) =>
        all.some((_, b) => b !== a && apart(a, b) <= apart(a, a)),
      );
      return {
        psnr: error === 0 ? Infinity : 10 * Math.log10(255 ** 2 / error),
        readable: all.length - confused.length,
        glyphs: all.length,
        confused: confused.join(''),
      };
    },
    snapshot() {
      if (!watched || watched.videoWidth === 0) return null;
      pixels(watched, whole(watched), watched.videoWidth, watched.videoHeight);
      return canvas.toDataURL('image/png');
    },
  };
}

/** The script that starts the reader in a page, as `window.reader`; once for each page load. */
export function readerScript(selector = 'video'): string {
  const start = `(${read})((${codec})(), ${JSON.stringify(layout)}, ${JSON.stringify(selector)})`;
  return `window.reader ??= ${start}; undefined`;
}
