import type { Easel, Picture, Reader } from '../../session/diagnostic/deps.ts';

/** More pictures a second than the diagnostic tool draws. */
const fps = 30;

export function easel(width: number, height: number): Easel {
  const { canvas, context } = paper(width, height);
  const media = canvas.captureStream(fps);
  const [track] = media.getVideoTracks();
  if (track === undefined) throw new Error('a canvas without a track');
  return { context, track, close: () => track.stop() };
}

/** A video that nobody sees, and a canvas to read it from. */
export function reader(track: MediaStreamTrack, width: number, height: number): Reader {
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  video.play().catch(() => {}); // a muted video plays by itself
  const { context } = paper(width, height);
  return {
    read(): Picture | null {
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) {
        return null;
      }
      context.drawImage(video, 0, 0, width, height);
      return context.getImageData(0, 0, width, height);
    },
    frames: () => video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0,
    close(): void {
      video.srcObject = null;
    },
  };
}

function paper(
  width: number,
  height: number,
): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (context === null) throw new Error('a browser without a canvas');
  return { canvas, context };
}
