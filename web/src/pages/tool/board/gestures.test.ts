import { beforeEach, expect, it } from 'vitest';
import { Drawings } from '../../../session/drawing.ts';
import { Pointers } from '../../../session/pointer.ts';
import { roomState, ScriptedChannel } from '../../../session/testing/channel.ts';
import { systemTimers } from '../../../session/timers.ts';
import type { Work } from '../../../session/work.ts';
import { Gestures, type Touch } from './gestures.ts';
import { Instruments, type Instrument } from './instruments.ts';
import { Viewport } from './viewport.ts';

let channel: ScriptedChannel;
let gestures: Gestures;
let viewport: Viewport;
let instruments: Instruments;
let drawings: Drawings;
let surface: DOMRect;

const rect = (left: number, top: number, width: number, height: number) =>
  ({ left, top, width, height }) as DOMRect;
const touch = (x: number, y: number, id = 1, button = 0): Touch => ({ x, y, id, button });
const take = (instrument: Instrument) => (instruments.instrument.value = instrument);
const drag = (...points: [number, number][]) => {
  const [first = [0, 0], ...rest] = points;
  gestures.down(touch(...first));
  for (const point of rest) gestures.move(touch(...point));
  gestures.up(touch(...(points.at(-1) ?? [0, 0])));
};

beforeEach(() => {
  channel = new ScriptedChannel();
  drawings = new Drawings({ channel, timers: systemTimers, random: Math.random });
  const pointers = new Pointers({ channel, timers: systemTimers });
  channel.say(roomState());
  viewport = new Viewport();
  viewport.measure({ width: 1000, height: 500 }, { width: 1000, height: 500 });
  instruments = new Instruments();
  // The picture is 2000 points wide here, and its corner lies outside of the frame.
  surface = rect(-500, -250, 2000, 1000);
  gestures = new Gestures({
    work: {
      drawing: drawings,
      pointers,
      stage: { surface: { peek: () => 'board' } },
      rights: { peek: () => ({ points: true, presents: false, drawsOver: true }) },
    } as unknown as Work,
    viewport,
    instruments,
    frame: () => rect(0, 0, 1000, 500),
    paper: () => surface,
    instrument: () => instruments.instrument.value,
  });
});

it('draws where the picture is, however large it is shown', () => {
  take('pen');
  drag([0, 0], [500, 250], [1000, 500]);
  expect(drawings.on('board')).toMatchObject([
    { tool: 'pen', points: [2500, 2500, 5000, 5000, 7500, 7500] },
  ]);
  surface = rect(0, 0, 1000, 500);
  take('line');
  drag([0, 0], [100, 100], [500, 250]);
  expect(drawings.on('board')[1]).toMatchObject({ tool: 'line', points: [0, 0, 5000, 5000] });
});

it('makes nothing of a tap with a shape, and a dot of a tap with the pen', () => {
  take('rectangle');
  drag([10, 10]);
  expect(drawings.on('board')).toEqual([]);
  take('pen');
  drag([10, 10]);
  expect(drawings.on('board')).toHaveLength(1);
});

it('stays on the surface', () => {
  take('line');
  drag([0, 0], [9000, -9000]);
  expect(drawings.on('board')[0]?.points).toEqual([2500, 2500, 10_000, 0]);
});

it('goes on with a new stroke when one is full', () => {
  take('pen');
  drag(...Array.from({ length: 1500 }, (_, at): [number, number] => [at % 2 ? 0 : 50, at % 500]));
  const [first, second] = drawings.on('board');
  expect(first?.points).toHaveLength(2000);
  expect(second?.points.slice(0, 2)).toEqual(first?.points.slice(-2));
});

it('moves and zooms with two fingers, and takes back what the first one drew', () => {
  take('pen');
  gestures.down(touch(400, 250));
  gestures.move(touch(420, 250));
  expect(drawings.on('board')).toHaveLength(1);
  gestures.down(touch(600, 250, 2));
  expect(drawings.on('board')).toHaveLength(0);
  gestures.move(touch(780, 250, 2));
  expect(viewport.place.value.width).toBeCloseTo(2000);
  gestures.up(touch(780, 250, 2));
  // The finger that stays neither draws nor moves.
  const before = viewport.place.value;
  gestures.move(touch(100, 100));
  gestures.up(touch(100, 100));
  expect(viewport.place.value).toEqual(before);
  expect(drawings.on('board')).toHaveLength(0);
});

it('erases own shapes only, unless one presents', () => {
  const shape = { key: 'k', tool: 'line', colour: '#000000', width: 4, text: '' } as const;
  const points = [0, 5000, 10_000, 5000];
  channel.say({
    type: 'board.history',
    surface: 'board',
    shapes: [
      { ...shape, points, id: 'a', participant: 'me', name: '' },
      { ...shape, points, id: 'b', participant: 'other', name: '' },
    ],
  });
  take('eraser');
  drag([300, 100], [300, 250]);
  expect(drawings.on('board').map(({ id }) => id)).toEqual(['b']);
});

it('points inside the picture, and begins a text where it is pressed', () => {
  take('pointer');
  gestures.move(touch(500, 250));
  expect(channel.took('pointer.move')).toEqual([
    { type: 'pointer.move', surface: 'board', x: 5000, y: 5000 },
  ]);
  gestures.move(touch(1600, 250));
  expect(channel.sent.map(({ type }) => type)).toEqual(['pointer.hide']);
  take('text');
  drag([0, 0]);
  expect(instruments.writing.value).toMatchObject({ surface: 'board', x: 2500, y: 2500 });
});
