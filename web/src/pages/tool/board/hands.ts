import type { JSX, RefObject } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { coordinate, extent } from '../../../session/surface.ts';
import type { Work } from '../../../session/work.ts';
import type { Bench } from './bench.ts';
import { Gestures, type Touch } from './gestures.ts';

type Place = RefObject<HTMLDivElement | null>;
type Hands = Pick<
  JSX.IntrinsicElements['div'],
  | 'onPointerDown'
  | 'onPointerMove'
  | 'onPointerUp'
  | 'onPointerCancel'
  | 'onPointerLeave'
  | 'onKeyDown'
>;

/** Points of the page that an arrow key moves the picture by. */
const step = 60;

/** Mouse, fingers, wheel and arrow keys over the stage. */
export function useGestures(view: Place, surface: Place, work: Work, bench: Bench): Hands {
  const { viewport, instruments } = bench;
  const gestures = useMemo(
    () =>
      new Gestures({
        work,
        viewport,
        instruments,
        frame: () => view.current?.getBoundingClientRect() ?? null,
        paper: () => surface.current?.getBoundingClientRect() ?? null,
        instrument: () => instruments.on(work.stage.surface.peek(), work.rights.peek()),
      }),
    [work, viewport, instruments, view, surface],
  );
  useWheel(view, bench);
  return useMemo(
    () => ({
      onPointerDown(event) {
        if (event.button > 1 || hasOwnUse(event.target)) return;
        // The focus comes by hand: the browser's own way would let a drag select.
        event.preventDefault();
        const writing = instruments.writing.peek() !== null;
        event.currentTarget.focus({ preventScroll: true });
        if (writing) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        gestures.down(touchOf(event));
      },
      onPointerMove(event) {
        for (const part of event.getCoalescedEvents?.() ?? []) gestures.move(touchOf(part));
        gestures.move(touchOf(event));
      },
      onPointerUp: (event) => gestures.up(touchOf(event)),
      onPointerCancel: (event) => gestures.cancel(touchOf(event)),
      onPointerLeave: () => gestures.leave(),
      onKeyDown(event) {
        if (event.target !== event.currentTarget) return;
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const way = ways[event.key];
        const done =
          (way !== undefined && viewport.pan(way.x * step, way.y * step)) ||
          (event.key === 'Enter' && writeInTheMiddle(view, surface, work, bench));
        if (done) event.preventDefault();
      },
    }),
    [gestures, viewport, instruments, view, surface, work, bench],
  );
}

/** The picture goes the other way than what is looked at. */
const ways: Readonly<Partial<Record<string, { x: number; y: number }>>> = {
  ArrowLeft: { x: 1, y: 0 },
  ArrowRight: { x: -1, y: 0 },
  ArrowUp: { x: 0, y: 1 },
  ArrowDown: { x: 0, y: -1 },
};

/** A page of a document has buttons of its own. */
function hasOwnUse(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button, a, input, select, textarea') !== null;
}

function touchOf({ pointerId, button, clientX, clientY }: PointerEvent): Touch {
  return { id: pointerId, button, x: clientX, y: clientY };
}

/** With the text tool in the hand, Enter begins a text in the middle of what is seen. */
function writeInTheMiddle(view: Place, surface: Place, work: Work, bench: Bench): boolean {
  const on = work.stage.surface.peek();
  const { instruments } = bench;
  const place = surface.current?.getBoundingClientRect();
  const frame = view.current?.getBoundingClientRect();
  if (instruments.on(on, work.rights.peek()) !== 'text' || !place || !frame) return false;
  if (place.width === 0 || place.height === 0) return false;
  const x = ((frame.left + frame.width / 2 - place.left) / place.width) * extent;
  const y = ((frame.top + frame.height / 2 - place.top) / place.height) * extent;
  const draft = instruments.draft(work.drawing.key(), 'text', []);
  instruments.writing.value = { ...draft, surface: on, x: coordinate(x), y: coordinate(y) };
  return true;
}

/** The wheel moves a picture that is larger than its frame; with Ctrl, as a pinch on a touchpad comes, it zooms. */
function useWheel(view: Place, { viewport }: Bench): void {
  useEffect(() => {
    const element = view.current;
    if (element === null) return undefined;
    const turn = (event: WheelEvent) => {
      const { left, top } = element.getBoundingClientRect();
      if (event.ctrlKey) {
        const at = { x: event.clientX - left, y: event.clientY - top };
        viewport.zoomAt(Math.exp(-pixels(event.deltaY, event) / 300), at);
        event.preventDefault();
      } else if (viewport.pan(-pixels(event.deltaX, event), -pixels(event.deltaY, event))) {
        event.preventDefault();
      }
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [view, viewport]);
}

function pixels(delta: number, { deltaMode }: WheelEvent): number {
  return deltaMode === WheelEvent.DOM_DELTA_LINE ? delta * 16 : delta;
}
