import { signal } from '@preact/signals';
import { drawsOn, type Rights } from '../../../session/rights.ts';
import type { Drawing, Tool } from '../../../session/wire.ts';

/** What the hand or the mouse does over the picture. */
export type Instrument = 'hand' | 'pointer' | 'eraser' | Tool;

export const drawingTools = [
  'pen',
  'marker',
  'line',
  'arrow',
  'rectangle',
  'ellipse',
  'text',
] as const satisfies readonly Tool[];

/** What is drawn looks the same to everybody, whatever the colours of their page. */
export const colours = {
  black: '#14222a',
  red: '#d3261c',
  yellow: '#f4c522',
  green: '#1c7c47',
  blue: '#1c5fc4',
} as const;
export type Colour = keyof typeof colours;

/** Parts of 1,000 of the surface's width. */
export const widths = { thin: 2, middle: 4, thick: 8 } as const;
export type Width = keyof typeof widths;

/** A text that is being written: a new one, or an own one again. */
export interface Writing {
  surface: string;
  key: string;
  x: number;
  y: number;
  colour: string;
  width: number;
  text: string;
}

/** What is in the hand, and what is being made with it. */
export class Instruments {
  readonly instrument = signal<Instrument>('hand');
  readonly colour = signal<Colour>('red');
  readonly width = signal<Width>('middle');
  readonly writing = signal<Writing | null>(null);
  /** The tools were asked for over a share or a page. */
  readonly open = signal(false);

  /** What is allowed on a surface; "hand" where the one in the hand is not. */
  on(surface: string, rights: Rights): Instrument {
    const instrument = this.instrument.value;
    return allowed(surface, rights).includes(instrument) ? instrument : 'hand';
  }

  /** A new shape with the colour and width in the hand. */
  draft(key: string, tool: Tool, points: number[]): Drawing {
    const colour = colours[this.colour.peek()];
    return { key, tool, colour, width: widths[this.width.peek()], points, text: '' };
  }
}

export function allowed(surface: string, rights: Rights): readonly Instrument[] {
  if (surface === '' || !rights.points) return ['hand'];
  if (!drawsOn(surface, rights)) return ['hand', 'pointer'];
  return ['hand', 'pointer', ...drawingTools, 'eraser'];
}
