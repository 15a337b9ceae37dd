/**
 * Drawing and pointing, on the control channel. A surface is `board`, `share/PUBLICATION` or
 * `page/DOCUMENT/N`; coordinates are parts of its width and height, 0 to 10000.
 */
import { count, fields, list, named, oneOf, optionalText, text, whole } from '../shape.ts';

export const tools = ['pen', 'marker', 'line', 'arrow', 'rectangle', 'ellipse', 'text'] as const;
export type Tool = (typeof tools)[number];

/** A shape as its participant sends it. The same key again replaces it: a stroke that grows. */
export interface Drawing {
  key: string;
  tool: Tool;
  /** #rrggbb */
  colour: string;
  /** In thousandths of the surface's width, 1 to 100. */
  width: number;
  /** x0, y0, x1, y1, ... */
  points: number[];
  /** Of the tool text only. */
  text: string;
}

export interface DrawnShape extends Drawing {
  id: string;
  participant: string;
  name: string;
}

export interface Pointer {
  surface: string;
  participant: string;
  name: string;
  x: number;
  y: number;
}

export type BoardFromRelay =
  | { type: 'board.shape'; surface: string; shape: DrawnShape }
  | { type: 'board.erased'; surface: string; shapes: string[] }
  | { type: 'board.cleared'; surface: string }
  /** After room.state, in the order of drawing; much comes in several. */
  | { type: 'board.history'; surface: string; shapes: DrawnShape[] }
  | ({ type: 'pointer.moved' } & Pointer)
  | { type: 'pointer.hidden'; participant: string };

export type BoardToRelay =
  | { type: 'board.draw'; surface: string; shape: Drawing }
  | { type: 'board.erase'; surface: string; shapes: string[] }
  | { type: 'board.clear'; surface: string }
  | { type: 'pointer.move'; surface: string; x: number; y: number }
  | { type: 'pointer.hide' };

export function drawnShape(value: unknown): DrawnShape {
  const from = fields(value, 'shape');
  return {
    id: named(from, 'id'),
    key: optionalText(from, 'key'),
    participant: named(from, 'participant'),
    name: text(from, 'name'),
    tool: oneOf(from, 'tool', tools),
    colour: text(from, 'colour'),
    width: count(from, 'width'),
    points: list(from, 'points', whole),
    text: optionalText(from, 'text'),
  };
}

export function pointer(value: unknown): Pointer {
  const from = fields(value, 'pointer');
  return {
    surface: named(from, 'surface'),
    participant: named(from, 'participant'),
    name: text(from, 'name'),
    x: count(from, 'x'),
    y: count(from, 'y'),
  };
}
