import { Problem } from '../../../session/problem.ts';

/** Where a page is drawn: a canvas that has the measures it will be seen with, in points of the device. */
export type Sheet = HTMLCanvasElement;

export interface Box {
  width: number;
  height: number;
}

/** So many points take 40 MB: enough for every screen, little enough for a phone. */
const mostPoints = 10_000_000;

/** The largest box of that shape within another. */
export function contain(shape: Box, within: Box): Box {
  const scale = Math.min(within.width / shape.width, within.height / shape.height);
  return {
    width: Math.max(1, Math.floor(shape.width * scale)),
    height: Math.max(1, Math.floor(shape.height * scale)),
  };
}

/** A canvas for a box, as sharp as the device shows it. */
export function sheetFor({ width, height }: Box, ratio: number): Sheet {
  const canvas = document.createElement('canvas');
  const sharp = Math.min(ratio, Math.sqrt(mostPoints / (width * height)));
  canvas.width = Math.max(1, Math.floor(width * sharp));
  canvas.height = Math.max(1, Math.floor(height * sharp));
  return canvas;
}

/** Not a document that can be shown: broken, or none at all. */
export function damaged(cause?: unknown): Problem {
  return cause instanceof Problem ? cause : new Problem('damaged', { cause });
}

/** The work, unless it takes longer than anybody waits for a page; then `stop` ends it. */
export async function withinTime<T>(
  milliseconds: number,
  work: Promise<T>,
  stop: () => void,
): Promise<T> {
  let timer = 0;
  const late = new Promise<never>((_, reject) => {
    const look = () => {
      // A page that nobody sees is not drawn by the browser.
      if (document.visibilityState === 'hidden') return wait();
      stop();
      return reject(new Problem('too-slow'));
    };
    const wait = () => {
      timer = window.setTimeout(look, milliseconds);
    };
    wait();
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
