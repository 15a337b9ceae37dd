import { useSignalEffect, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import type { Attendance } from '../../session/attendance.ts';
import type { Work } from '../../session/work.ts';
import type { Bench } from './board/bench.ts';
import { boardSize } from './board/export.ts';
import type { Size } from './board/viewport.ts';
import { isBlack } from './sample.ts';

type VideoRef = RefObject<HTMLVideoElement | null>;

const lookEvery = 1000;

/** Plays what the viewer receives. */
export function usePlayback(
  video: VideoRef,
  attendance: Attendance,
  silenced: Signal<boolean>,
): void {
  useSignalEffect(() => {
    const stream = attendance.viewer.stream.value;
    const element = video.current;
    if (element === null || stream === null) return;
    element.srcObject = stream;
    element.muted = silenced.peek();
    element.play().catch((cause: unknown) => {
      // Without a click on this page (a reload) the browser plays only what is silent.
      if (!(cause instanceof DOMException) || cause.name !== 'NotAllowedError') return;
      silenced.value = true;
      element.play().catch(() => {});
    });
  });
  useSignalEffect(() => {
    if (video.current !== null) video.current.muted = silenced.value;
  });
}

/** Tells the viewport the sizes of frame and picture, whenever they change. */
export function useMeasure(
  video: VideoRef,
  view: RefObject<HTMLDivElement | null>,
  work: Work,
  bench: Bench,
): void {
  useLayoutEffect(() => {
    const element = video.current;
    const frame = view.current;
    if (element === null || frame === null) return undefined;
    const measure = () => {
      bench.viewport.show(work.stage.kind.peek());
      const size = { width: frame.clientWidth, height: frame.clientHeight };
      bench.viewport.measure(size, pictureSize(work, element, size));
    };
    const stop = work.stage.kind.subscribe(measure);
    const observer = new ResizeObserver(measure);
    observer.observe(frame);
    element.addEventListener('resize', measure);
    element.addEventListener('loadedmetadata', measure);
    // The window comes to a screen with other points.
    window.addEventListener('resize', measure);
    return () => {
      stop();
      observer.disconnect();
      element.removeEventListener('resize', measure);
      element.removeEventListener('loadedmetadata', measure);
      window.removeEventListener('resize', measure);
    };
  }, [video, view, work, bench]);
}

/** One point of the shared screen is one point of this one. */
function pictureSize({ stage }: Work, video: HTMLVideoElement, frame: Size): Size {
  switch (stage.kind.peek()) {
    case 'board':
      return boardSize;
    case 'document':
      // A page fits itself into whatever it is given.
      return frame;
    case 'share': {
      const { videoWidth, videoHeight } = video;
      if (videoWidth === 0 || videoHeight === 0) return frame;
      return { width: videoWidth / devicePixelRatio, height: videoHeight / devicePixelRatio };
    }
  }
}

/** Marks the first shown frame, and looks about once a second whether the picture is black. */
export function useSamples(video: VideoRef, attendance: Attendance): void {
  useEffect(() => {
    const element = video.current;
    if (element === null) return undefined;
    let frames = 0;
    const shown = () => {
      if (frames++ === 0) performance.mark('coopnet:first-frame');
      again = element.requestVideoFrameCallback?.(shown) ?? 0;
    };
    let again = element.requestVideoFrameCallback?.(shown) ?? 0;
    const timer = setInterval(() => {
      const visible = document.visibilityState === 'visible' && element.readyState >= 2;
      const live = attendance.viewer.link.state.peek().phase === 'connected';
      attendance.look(visible && live ? isBlack(element) : null);
    }, lookEvery);
    return () => {
      clearInterval(timer);
      element.cancelVideoFrameCallback?.(again);
      element.srcObject = null;
    };
  }, [video, attendance]);
}
