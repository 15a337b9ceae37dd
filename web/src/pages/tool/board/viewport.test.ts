import { expect, it } from 'vitest';
import { Viewport } from './viewport.ts';

const frame = { width: 800, height: 600 };
const wide = { width: 1600, height: 900 };

function viewport(picture = wide): Viewport {
  const made = new Viewport();
  made.measure(frame, picture);
  return made;
}

it('fits the picture, or its width, or shows it as it is', () => {
  const view = viewport();
  expect(view.place.value).toEqual({ width: 800, height: 450, left: 0, top: 75 });
  expect(view.movable.value).toBe(false);
  view.fit('actual');
  expect(view.place.value).toEqual({ width: 1600, height: 900, left: -400, top: -150 });
  const tall = viewport({ width: 400, height: 1200 });
  expect(tall.place.value).toMatchObject({ width: 200, height: 600, left: 300 });
  tall.fit('width');
  expect(tall.place.value).toMatchObject({ width: 800, height: 2400, left: 0 });
  expect(tall.movable.value).toBe(true);
});

it('keeps what lies under the mouse there while it zooms', () => {
  const view = viewport();
  const at = { x: 200, y: 300 };
  const part = () => {
    const { left, top, width, height } = view.place.value;
    return [(at.x - left) / width, (at.y - top) / height];
  };
  const before = part();
  view.zoomAt(3, at);
  expect(view.fitting.value).toBe('zoom');
  expect(part()[0]).toBeCloseTo(before[0] ?? 0);
  expect(part()[1]).toBeCloseTo(before[1] ?? 0);
  expect(view.place.value.width).toBeCloseTo(2400);
});

it('moves no farther than to an edge, and back at once', () => {
  const view = viewport();
  expect(view.pan(10, 0)).toBe(false);
  view.fit('actual');
  view.pan(10_000, 0);
  expect(view.place.value.left).toBe(0);
  view.pan(-5, 0);
  expect(view.place.value.left).toBeCloseTo(-5);
  view.pan(-10_000, -10_000);
  expect(view.place.value).toMatchObject({ left: -800, top: -300 });
});

it('zooms within bounds', () => {
  const view = viewport();
  view.zoomBy(100);
  expect(view.scale.value).toBe(8);
  view.zoomBy(-200);
  expect(view.scale.value).toBe(0.1);
});

it('shows the same picture in fewer points as large as before', () => {
  const view = viewport();
  view.zoomBy(3);
  const { width, left } = view.place.value;
  view.measure(frame, { width: 640, height: 360 });
  expect(view.place.value.width).toBeCloseTo(width);
  expect(view.place.value.left).toBeCloseTo(left);
});

it('keeps its zoom when the frame changes', () => {
  const view = viewport();
  view.fit('actual');
  view.measure({ width: 400, height: 300 }, wide);
  expect(view.place.value).toMatchObject({ width: 1600, left: -600 });
});

it('looks at each kind of thing as it did before', () => {
  const view = viewport();
  view.show('share');
  view.measure(frame, wide);
  view.zoomBy(3);
  const before = view.place.value;
  view.show('board');
  view.measure(frame, { width: 1280, height: 720 });
  expect(view.fitting.value).toBe('fit');
  view.fit('width');
  view.show('share');
  view.measure(frame, wide);
  expect(view.place.value).toEqual(before);
});
