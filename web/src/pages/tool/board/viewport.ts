import { computed, signal, type ReadonlySignal } from '@preact/signals';

export type Fitting = 'fit' | 'width' | 'actual' | 'zoom';

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Place extends Size {
  left: number;
  top: number;
}

/** A step of the buttons and keys. */
const step = 1.25;
const smallest = 0.1;
const largest = 8;
const nowhere: Size = { width: 0, height: 0 };

/**
 * Where the picture lies in its frame: fitted, or larger than the frame and moved. One rectangle for the picture and
 * for everything that is drawn over it.
 */
export class Viewport {
  readonly #fitting = signal<Fitting>('fit');
  /** Points of the frame for each point of the picture, where nothing is fitted. */
  readonly #zoom = signal(1);
  /** The part of the picture that lies in the middle of the frame. */
  readonly #middle = signal({ x: 0.5, y: 0.5 });
  readonly #frame = signal(nowhere);
  readonly #picture = signal(nowhere);
  /** How each kind of thing was looked at when it was left. */
  readonly #kept = new Map<string, { fitting: Fitting; zoom: number; middle: Point }>();
  #shown = '';

  get fitting(): ReadonlySignal<Fitting> {
    return this.#fitting;
  }

  readonly scale: ReadonlySignal<number> = computed(() => {
    const frame = this.#frame.value;
    const picture = this.#picture.value;
    if (picture.width === 0 || picture.height === 0) return 1;
    const wide = frame.width / picture.width;
    switch (this.#fitting.value) {
      case 'fit':
        return Math.min(wide, frame.height / picture.height);
      case 'width':
        return wide;
      case 'actual':
        return 1;
      case 'zoom':
        return this.#zoom.value;
    }
  });

  readonly place: ReadonlySignal<Place> = computed(() => {
    const frame = this.#frame.value;
    const picture = this.#picture.value;
    const width = picture.width * this.scale.value;
    const height = picture.height * this.scale.value;
    const middle = this.#middle.value;
    return {
      width,
      height,
      left: along(frame.width, width, middle.x),
      top: along(frame.height, height, middle.y),
    };
  });

  /** The picture is larger than its frame. */
  readonly movable: ReadonlySignal<boolean> = computed(() => {
    const { width, height } = this.place.value;
    const frame = this.#frame.value;
    return width > frame.width + 0.5 || height > frame.height + 0.5;
  });

  /** Another kind of thing is looked at: as it was before. */
  show(kind: string): void {
    if (kind === this.#shown) return;
    this.#kept.set(this.#shown, {
      fitting: this.#fitting.peek(),
      zoom: this.#zoom.peek(),
      middle: this.#middle.peek(),
    });
    this.#shown = kind;
    const kept = this.#kept.get(kind);
    this.#fitting.value = kept?.fitting ?? 'fit';
    this.#zoom.value = kept?.zoom ?? 1;
    this.#middle.value = kept?.middle ?? { x: 0.5, y: 0.5 };
    this.#picture.value = nowhere;
  }

  /** The frame's size in the page's points, and the picture's. */
  measure(frame: Size, picture: Size): void {
    if (!same(this.#frame.peek(), frame)) this.#frame.value = frame;
    const before = this.#picture.peek();
    if (same(before, picture)) return;
    this.#picture.value = picture;
    // The same picture in fewer points, as a slow network gets it, is seen as large as before.
    const shape = ({ width, height }: Size) => height / width;
    if (before.width > 0 && Math.abs(shape(before) / shape(picture) - 1) < 0.02) {
      this.#zoom.value *= before.width / picture.width;
    }
  }

  fit(fitting: Exclude<Fitting, 'zoom'>): void {
    this.#fitting.value = fitting;
    this.#settle();
  }

  /** One step nearer or farther. */
  zoomBy(steps: number): void {
    const { width, height } = this.#frame.peek();
    this.zoomAt(step ** steps, { x: width / 2, y: height / 2 });
  }

  /** So many times larger; what lies at a point of the frame stays there. */
  zoomAt(times: number, at: Point): void {
    const before = this.place.peek();
    if (before.width === 0) return;
    const zoom = Math.min(Math.max(this.scale.peek() * times, smallest), largest);
    const frame = this.#frame.peek();
    const picture = this.#picture.peek();
    const part = { x: (at.x - before.left) / before.width, y: (at.y - before.top) / before.height };
    this.#zoom.value = zoom;
    this.#fitting.value = 'zoom';
    this.#middle.value = {
      x: part.x + (frame.width / 2 - at.x) / (picture.width * zoom),
      y: part.y + (frame.height / 2 - at.y) / (picture.height * zoom),
    };
    this.#settle();
  }

  /** Moves the picture by so many points of the page; false when it cannot move. */
  pan(dx: number, dy: number): boolean {
    const { width, height } = this.place.peek();
    if (!this.movable.peek()) return false;
    const { x, y } = this.#middle.peek();
    this.#middle.value = { x: x - dx / width, y: y - dy / height };
    this.#settle();
    return true;
  }

  /** The middle stays where an edge of the picture meets the frame's. */
  #settle(): void {
    const { width, height, left, top } = this.place.peek();
    const frame = this.#frame.peek();
    if (width === 0 || height === 0) return;
    this.#middle.value = {
      x: (frame.width / 2 - left) / width,
      y: (frame.height / 2 - top) / height,
    };
  }
}

/** Where the picture begins: in the middle when there is room, else with no gap at either edge. */
function along(frame: number, picture: number, middle: number): number {
  if (picture <= frame) return (frame - picture) / 2;
  return Math.min(0, Math.max(frame - picture, frame / 2 - middle * picture));
}

function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
