import { extent } from '../../../session/surface.ts';
import type { Drawing } from '../../../session/wire.ts';

/** Shapes are laid out on a paper of this width; its height follows the surface's. */
export const paper = extent;

export interface Point {
  x: number;
  y: number;
}

/** A shape's points on the paper. `ratio` is the surface's height over its width. */
export function pointsOf({ points }: Pick<Drawing, 'points'>, ratio: number): Point[] {
  const found: Point[] = [];
  for (let at = 0; at + 1 < points.length; at += 2) {
    found.push({ x: points[at] ?? 0, y: (points[at + 1] ?? 0) * ratio });
  }
  return found;
}

/** A shape's line is so wide on the paper; a marker is a broad one. */
export function strokeOf({ tool, width }: Pick<Drawing, 'tool' | 'width'>): number {
  return ((width * paper) / 1000) * (tool === 'marker' ? 5 : 1);
}

/** The size of a text's letters on the paper. */
export function letterOf({ width }: Pick<Drawing, 'width'>): number {
  return (width * paper) / 200;
}

/** The lines of which a shape is made: one, or two for an arrow. A text has none. */
export function linesOf(shape: Drawing, ratio: number): Point[][] {
  const points = pointsOf(shape, ratio);
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined) return [];
  switch (shape.tool) {
    case 'pen':
    case 'marker':
      return [points];
    case 'line':
      return [[first, last]];
    case 'arrow':
      return [[first, last], head(first, last, strokeOf(shape))];
    case 'rectangle':
      return [[first, { x: last.x, y: first.y }, last, { x: first.x, y: last.y }, first]];
    case 'ellipse':
      return [round(first, last)];
    case 'text':
      return [];
  }
}

/** The same as the path of an SVG or a canvas. */
export function pathOf(shape: Drawing, ratio: number): string {
  const write = ({ x, y }: Point) => `${Math.round(x)} ${Math.round(y)}`;
  return linesOf(shape, ratio)
    .map((line) => {
      const [first, ...rest] = line;
      if (first === undefined) return '';
      // A single point is a dot: a line of no length with round ends.
      const to = rest.length === 0 ? [first] : rest;
      return `M${write(first)}${to.map((point) => `L${write(point)}`).join('')}`;
    })
    .join('');
}

/** A text's lines, each with the place of its first letter's foot. */
export function rowsOf(shape: Drawing, ratio: number): (Point & { text: string })[] {
  const [start] = pointsOf(shape, ratio);
  if (start === undefined) return [];
  const letter = letterOf(shape);
  return shape.text
    .split('\n')
    .map((text, row) => ({ text, x: start.x, y: start.y + letter * (0.85 + 1.25 * row) }));
}

/** Whether a point of the paper lies on a shape, or nearer than `reach`. */
export function hits(shape: Drawing, ratio: number, at: Point, reach: number): boolean {
  if (shape.tool === 'text') {
    const rows = rowsOf(shape, ratio);
    const letter = letterOf(shape);
    const widest = Math.max(0, ...rows.map(({ text }) => text.length));
    const [start] = pointsOf(shape, ratio);
    if (start === undefined) return false;
    const across = at.x - start.x;
    const down = at.y - start.y;
    const high = letter * 1.25 * rows.length;
    return (
      across > -reach &&
      across < widest * letter * 0.6 + reach &&
      down > -reach &&
      down < high + reach
    );
  }
  const near = strokeOf(shape) / 2 + reach;
  return linesOf(shape, ratio).some((line) =>
    line.some((from, index) => distance(at, from, line[index + 1] ?? from) <= near),
  );
}

function head(from: Point, to: Point, stroke: number): Point[] {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const size = Math.min(Math.max(stroke * 4, 150), Math.max(length, 1));
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const side = (turn: number): Point => ({
    x: to.x - size * Math.cos(angle + turn),
    y: to.y - size * Math.sin(angle + turn),
  });
  return [side(0.5), to, side(-0.5)];
}

function round(one: Point, other: Point): Point[] {
  const middle = { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  const across = Math.abs(one.x - other.x) / 2;
  const down = Math.abs(one.y - other.y) / 2;
  const corners = 48;
  return Array.from({ length: corners + 1 }, (_, corner) => {
    const angle = (2 * Math.PI * corner) / corners;
    return { x: middle.x + across * Math.cos(angle), y: middle.y + down * Math.sin(angle) };
  });
}

/** From a point to a line between two others. */
function distance(at: Point, from: Point, to: Point): number {
  const x = to.x - from.x;
  const y = to.y - from.y;
  const length = x * x + y * y;
  const along = length === 0 ? 0 : ((at.x - from.x) * x + (at.y - from.y) * y) / length;
  const part = Math.min(Math.max(along, 0), 1);
  return Math.hypot(at.x - from.x - part * x, at.y - from.y - part * y);
}
