const width = 48;
const height = 27;
/** Decoded black is not exactly 0 in every browser. */
const darkest = 12;

/** Whether every point of the picture, made small, is black; null when it cannot be read. */
export function isBlack(video: HTMLVideoElement): boolean | null {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  try {
    context.drawImage(video, 0, 0, width, height);
    return allDark(context.getImageData(0, 0, width, height).data);
  } catch {
    return null;
  }
}

export function allDark(rgba: Uint8ClampedArray): boolean {
  return rgba.every((value, index) => index % 4 === 3 || value <= darkest);
}
