import { signal, type ReadonlySignal } from '@preact/signals';

/** An iPhone shows no element full screen but a video. */
interface PhoneVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

/** So long after the last movement. */
const rests = 3000;

/** The frame on the whole screen, and the picture in a small window of its own: as far as the browser can. */
export class Screen {
  readonly #full = signal(false);
  readonly #inset = signal(false);
  readonly #idle = signal(false);
  readonly #frame: () => HTMLElement | null;

  constructor(frame: () => HTMLElement | null) {
    this.#frame = frame;
  }

  get full(): ReadonlySignal<boolean> {
    return this.#full;
  }

  get inset(): ReadonlySignal<boolean> {
    return this.#inset;
  }

  /** On the whole screen nothing was moved or pressed for a while. */
  get idle(): ReadonlySignal<boolean> {
    return this.#idle;
  }

  get fills(): boolean {
    return document.fullscreenEnabled || 'webkitEnterFullscreen' in HTMLVideoElement.prototype;
  }

  get insets(): boolean {
    return document.pictureInPictureEnabled === true;
  }

  /** Follows what the browser and its own buttons do; gives what ends that. */
  watch(): () => void {
    const look = () => {
      this.#full.value = document.fullscreenElement !== null;
      this.#inset.value = (document.pictureInPictureElement ?? null) !== null;
    };
    const events = ['fullscreenchange', 'enterpictureinpicture', 'leavepictureinpicture'] as const;
    // The events of a video are seen on their way down, too: they do not bubble everywhere.
    for (const event of events) document.addEventListener(event, look, true);
    let resting = 0;
    const stir = () => {
      clearTimeout(resting);
      this.#idle.value = false;
      if (this.#full.peek()) resting = window.setTimeout(() => (this.#idle.value = true), rests);
    };
    const moves = ['pointermove', 'pointerdown', 'keydown', 'fullscreenchange'] as const;
    for (const move of moves) document.addEventListener(move, stir);
    return () => {
      for (const event of events) document.removeEventListener(event, look, true);
      for (const move of moves) document.removeEventListener(move, stir);
      clearTimeout(resting);
    };
  }

  toggleFull(): void {
    const frame = this.#frame();
    if (!document.fullscreenEnabled) {
      frame?.querySelector<PhoneVideo>('video')?.webkitEnterFullscreen?.();
      return;
    }
    const leaving = document.fullscreenElement !== null;
    const done = leaving ? document.exitFullscreen() : frame?.requestFullscreen();
    done?.catch(() => {}); // the browser refused: the picture stays where it is
  }

  toggleInset(): void {
    const video = this.#frame()?.querySelector('video');
    const leaving = (document.pictureInPictureElement ?? null) !== null;
    const done = leaving ? document.exitPictureInPicture() : video?.requestPictureInPicture();
    done?.catch(() => {}); // the same, or there is no picture yet
  }
}
