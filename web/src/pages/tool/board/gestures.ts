import { maxPoints } from '../../../session/drawing.ts';
import { coordinate, extent } from '../../../session/surface.ts';
import type { Work } from '../../../session/work.ts';
import type { Instrument, Instruments } from './instruments.ts';
import type { Drawing, Tool } from '../../../session/wire.ts';
import { hits, paper, type Point } from './shapes.ts';
import type { Viewport } from './viewport.ts';

export interface GesturesDeps {
  work: Work;
  viewport: Viewport;
  instruments: Instruments;
  /** Where the frame, and the surface in it, lie in the window. */
  frame(): DOMRect | null;
  paper(): DOMRect | null;
  instrument(): Instrument;
}

/** One finger or the mouse, as the browser tells it. */
export interface Touch extends Point {
  id: number;
  /** The button that went down: 0 the first, 1 the middle one. */
  button: number;
}

/** Points of a stroke that are nearer to each other are one. */
const apart = 15;
/** The eraser's and the finger's reach, in points of the page. */
const reach = 10;
/** Two corners make these. */
const stretched: readonly Tool[] = ['line', 'arrow', 'rectangle', 'ellipse'];

/**
 * What fingers and mouse do over the picture, by the instrument in the hand; two fingers always zoom and move.
 *
 *     idle -> moving | drawing | erasing -> idle;  any -> pinching -> idle
 */
export class Gestures {
  readonly #deps: GesturesDeps;
  readonly #fingers = new Map<number, Point>();
  #doing: 'idle' | 'moving' | 'erasing' | 'pinching' | 'over' = 'idle';
  #stroke: { surface: string; draft: Drawing } | null = null;

  constructor(deps: GesturesDeps) {
    this.#deps = deps;
  }

  down(touch: Touch): void {
    this.#fingers.set(touch.id, touch);
    if (this.#fingers.size === 2) {
      this.#withdraw();
      this.#doing = 'pinching';
    }
    if (this.#fingers.size !== 1) return;
    const instrument = touch.button === 1 ? 'hand' : this.#deps.instrument();
    switch (instrument) {
      case 'hand':
        this.#doing = 'moving';
        return;
      case 'pointer':
        this.#point(touch);
        return;
      case 'eraser':
        this.#doing = 'erasing';
        this.#erase(touch);
        return;
      case 'text':
        return;
      default:
        this.#begin(instrument, touch);
    }
  }

  move(touch: Touch): void {
    const before = this.#fingers.get(touch.id);
    if (this.#doing === 'pinching' && before !== undefined) {
      this.#pinch(touch);
      return;
    }
    if (before !== undefined) this.#fingers.set(touch.id, touch);
    if (this.#stroke !== null) this.#grow(touch);
    else if (this.#doing === 'moving' && before !== undefined) {
      this.#deps.viewport.pan(touch.x - before.x, touch.y - before.y);
    } else if (this.#doing === 'erasing') this.#erase(touch);
    else if (this.#deps.instrument() === 'pointer') this.#point(touch);
  }

  up(touch: Touch): void {
    if (!this.#fingers.delete(touch.id)) return;
    if (this.#doing === 'idle' && this.#stroke === null && this.#deps.instrument() === 'text') {
      this.#write(touch);
    }
    if (this.#stroke !== null) this.#end();
    // The finger that stays after two does nothing any more.
    this.#doing = this.#fingers.size > 0 ? 'over' : 'idle';
  }

  /** The browser took the finger for itself. */
  cancel(touch: Touch): void {
    this.#fingers.delete(touch.id);
    if (this.#stroke !== null) this.#end();
    if (this.#fingers.size === 0) this.#doing = 'idle';
  }

  /** The mouse is elsewhere: nothing is pointed at. */
  leave(): void {
    this.#deps.work.pointers.hide();
  }

  /** Where a point of the window lies on the surface; null when there is no surface. */
  #at({ x, y }: Point): Point | null {
    const place = this.#deps.paper();
    if (place === null || place.width === 0 || place.height === 0) return null;
    return {
      x: ((x - place.left) / place.width) * extent,
      y: ((y - place.top) / place.height) * extent,
    };
  }

  #point(touch: Point): void {
    const at = this.#at(touch);
    const inside = at !== null && at.x >= 0 && at.y >= 0 && at.x <= extent && at.y <= extent;
    const { work } = this.#deps;
    if (inside) work.pointers.move(work.stage.surface.peek(), at.x, at.y);
    else work.pointers.hide();
  }

  #begin(tool: Tool, touch: Point): void {
    const at = this.#at(touch);
    const { work, instruments } = this.#deps;
    if (at === null) return;
    const points = [coordinate(at.x), coordinate(at.y)];
    const draft = instruments.draft(work.drawing.key(), tool, points);
    this.#stroke = { surface: work.stage.surface.peek(), draft };
    // A tap with these makes nothing; a dot of the pen is seen at once.
    if (!stretched.includes(tool)) work.drawing.draw(this.#stroke.surface, draft);
  }

  #grow(touch: Point): void {
    const at = this.#at(touch);
    if (at === null || this.#stroke === null) return;
    const { surface, draft } = this.#stroke;
    const [x, y] = [coordinate(at.x), coordinate(at.y)];
    const { points } = draft;
    const from = stretched.includes(draft.tool) ? 0 : points.length - 2;
    if (Math.hypot(x - (points[from] ?? 0), y - (points[from + 1] ?? 0)) < apart) return;
    const kept = stretched.includes(draft.tool) ? points.slice(0, 2) : points;
    this.#stroke.draft = { ...draft, points: [...kept, x, y] };
    const { drawing } = this.#deps.work;
    drawing.draw(surface, this.#stroke.draft);
    // A stroke that is full goes on as the next one.
    if (kept.length + 2 >= 2 * maxPoints) {
      this.#stroke.draft = { ...draft, key: drawing.key(), points: [x, y] };
    }
  }

  #end(): void {
    this.#stroke = null;
  }

  /** A second finger came: the first did not mean to draw. */
  #withdraw(): void {
    const stroke = this.#stroke;
    this.#stroke = null;
    if (stroke === null) return;
    const { drawing } = this.#deps.work;
    const own = drawing.on(stroke.surface).filter(({ key }) => key === stroke.draft.key);
    drawing.erase(
      stroke.surface,
      own.filter((shape) => drawing.isOwn(shape)),
    );
  }

  #erase(touch: Point): void {
    const at = this.#at(touch);
    const place = this.#deps.paper();
    if (at === null || place === null) return;
    const { drawing, stage } = this.#deps.work;
    const surface = stage.surface.peek();
    const ratio = place.height / place.width;
    const on = { x: at.x, y: at.y * ratio };
    const near = (reach / place.width) * paper;
    const hit = drawing
      .on(surface)
      .filter((shape) => this.#erasable(shape) && hits(shape, ratio, on, near));
    if (hit.length > 0) drawing.erase(surface, hit);
  }

  /** Own shapes; who presents erases anybody's. */
  #erasable(shape: { participant: string }): boolean {
    const { work } = this.#deps;
    return work.drawing.isOwn(shape) || work.rights.peek().presents;
  }

  #write(touch: Point): void {
    const at = this.#at(touch);
    if (at === null) return;
    const { work, instruments } = this.#deps;
    const draft = instruments.draft(work.drawing.key(), 'text', []);
    instruments.writing.value = {
      ...draft,
      surface: work.stage.surface.peek(),
      x: coordinate(at.x),
      y: coordinate(at.y),
    };
  }

  #pinch(touch: Touch): void {
    const before = this.#spread();
    this.#fingers.set(touch.id, touch);
    const after = this.#spread();
    const frame = this.#deps.frame();
    if (before === null || after === null || frame === null || before.far === 0) return;
    const { viewport } = this.#deps;
    viewport.pan(after.x - before.x, after.y - before.y);
    viewport.zoomAt(after.far / before.far, { x: after.x - frame.left, y: after.y - frame.top });
  }

  /** The middle of two fingers, and how far they are from each other. */
  #spread(): (Point & { far: number }) | null {
    const [one, other] = [...this.#fingers.values()];
    if (one === undefined || other === undefined) return null;
    return {
      x: (one.x + other.x) / 2,
      y: (one.y + other.y) / 2,
      far: Math.hypot(one.x - other.x, one.y - other.y),
    };
  }
}
