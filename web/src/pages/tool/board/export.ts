import type { DrawnShape } from '../../../session/wire.ts';
import { letterOf, paper, pathOf, rowsOf, strokeOf } from './shapes.ts';

/** The whiteboard's size in points, and its height over its width. */
export const boardSize = { width: 1600, height: 900 };
const ratio = boardSize.height / boardSize.width;
/** What the marker lets through, as in board.css. */
const markerOpacity = 0.4;
const family = 'system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** The whiteboard as a picture, twice as fine as it is. */
export async function boardPng(shapes: readonly DrawnShape[]): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = 2 * boardSize.width;
  canvas.height = 2 * boardSize.height;
  const paint = canvas.getContext('2d');
  if (paint === null) return null;
  paint.fillStyle = '#ffffff';
  paint.fillRect(0, 0, canvas.width, canvas.height);
  paint.scale(canvas.width / paper, canvas.width / paper);
  paint.lineCap = 'round';
  paint.lineJoin = 'round';
  for (const shape of shapes) paintShape(paint, shape);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
}

function paintShape(paint: CanvasRenderingContext2D, shape: DrawnShape): void {
  if (shape.tool === 'text') {
    paint.fillStyle = shape.colour;
    paint.font = `${letterOf(shape)}px ${family}`;
    for (const { text, x, y } of rowsOf(shape, ratio)) paint.fillText(text, x, y);
    return;
  }
  paint.strokeStyle = shape.colour;
  paint.lineWidth = strokeOf(shape);
  paint.globalAlpha = shape.tool === 'marker' ? markerOpacity : 1;
  paint.stroke(new Path2D(pathOf(shape, ratio)));
  paint.globalAlpha = 1;
}

/** The whiteboard as a drawing that can be changed elsewhere. */
export function boardSvg(shapes: readonly DrawnShape[]): Blob {
  const space = 'http://www.w3.org/2000/svg';
  const root = document.createElementNS(space, 'svg');
  const add = (parent: Element, name: string, facts: Record<string, string | number>): Element => {
    const element = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(facts)) element.setAttribute(key, String(value));
    parent.append(element);
    return element;
  };
  const height = paper * ratio;
  root.setAttribute('viewBox', `0 0 ${paper} ${height}`);
  add(root, 'rect', { width: paper, height, fill: '#ffffff' });
  for (const shape of shapes) {
    if (shape.tool === 'text') {
      const size = letterOf(shape);
      const facts = { fill: shape.colour, 'font-size': size, 'font-family': family };
      const element = add(root, 'text', facts);
      for (const { text, x, y } of rowsOf(shape, ratio)) {
        add(element, 'tspan', { x, y }).textContent = text;
      }
      continue;
    }
    add(root, 'path', {
      d: pathOf(shape, ratio),
      fill: 'none',
      stroke: shape.colour,
      'stroke-width': strokeOf(shape),
      'stroke-opacity': shape.tool === 'marker' ? markerOpacity : 1,
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    });
  }
  return new Blob([new XMLSerializer().serializeToString(root)], { type: 'image/svg+xml' });
}
