import type { Pages } from '../../../session/documents.ts';
import type { ImageHead } from '../../../session/documents/kind.ts';
import { Problem } from '../../../session/problem.ts';
import { damaged, type Sheet } from './sheet.ts';

/** More points are no picture for a screen, but a trap: a small file can claim any measures. */
const mostPoints = 100_000_000;
/** A larger one is kept smaller. */
const longestEdge = 4096;

export async function openImage(file: Blob, head: ImageHead): Promise<Pages<Sheet>> {
  const { kind, width, height } = head;
  if (width === 0 || height === 0) throw damaged();
  if (width * height > mostPoints) throw new Problem('too-many-points');
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(new Blob([file], { type: `image/${kind}` }), reduced(head));
  } catch (cause) {
    throw damaged(cause);
  }
  return {
    count: 1,
    size: () => Promise.resolve({ width: picture.width, height: picture.height }),
    draw(_page, canvas) {
      const context = canvas.getContext('2d');
      if (context !== null) {
        context.imageSmoothingQuality = 'high';
        context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      }
      return Promise.resolve();
    },
    text: () => Promise.resolve(''),
    close: () => picture.close(),
  };
}

function reduced({ width, height }: ImageHead): ImageBitmapOptions {
  if (Math.max(width, height) <= longestEdge) return {};
  const edge = width >= height ? { resizeWidth: longestEdge } : { resizeHeight: longestEdge };
  return { ...edge, resizeQuality: 'high' };
}
