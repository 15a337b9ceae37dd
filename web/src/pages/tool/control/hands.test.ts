// @vitest-environment happy-dom
import { beforeEach, expect, it } from 'vitest';
import type { InputEvent } from '../../../session/wire.ts';
import { ownKey, RemoteHands } from './hands.ts';

let sent: InputEvent[];
let hands: RemoteHands;
let letGo = 0;

beforeEach(() => {
  sent = [];
  letGo = 0;
  const remote = {
    input: (event: InputEvent) => sent.push(event),
    type: (events: readonly InputEvent[]) => sent.push(...events),
    letGo: () => letGo++,
  };
  const place = () => ({ left: 100, top: 50, width: 400, height: 200 }) as DOMRect;
  hands = new RemoteHands({ remote, place, mac: false });
});

const at = (clientX: number, clientY: number, buttons = 0, more: object = {}) =>
  ({ clientX, clientY, buttons, ...more }) as unknown as PointerEvent;
const wheel = (deltaX: number, deltaY: number, deltaMode: number, more: object = {}) =>
  ({ clientX: 300, clientY: 150, deltaX, deltaY, deltaMode, ...more }) as unknown as WheelEvent;

it('maps the picture, however large it is seen, to 0 to 1', () => {
  hands.point(at(100, 50));
  hands.point(at(300, 150));
  hands.point(at(500, 250));
  expect(sent).toEqual([
    { kind: 'move', x: 0, y: 0 },
    { kind: 'move', x: 0.5, y: 0.5 },
    { kind: 'move', x: 1, y: 1 },
  ]);
});

it('finds each button that changes, several at a time, too', () => {
  hands.point(at(300, 150, 1));
  hands.point(at(300, 150, 3));
  hands.point(at(300, 150, 2));
  hands.point(at(300, 150, 4 + 8 + 16));
  hands.point(at(300, 150, 0));
  expect(
    sent.filter(({ kind }) => kind !== 'move').map(({ kind, button }) => `${kind} ${button}`),
  ).toEqual([
    'down 0',
    'down 2',
    'up 0',
    'up 2',
    'down 1',
    'down 3',
    'down 4',
    'up 1',
    'up 3',
    'up 4',
  ]);
});

it('presses with the modifiers that are held', () => {
  hands.point(at(300, 150, 1, { ctrlKey: true }));
  expect(sent.map(({ kind, code }) => code ?? kind)).toEqual(['move', 'ControlLeft', 'down']);
  hands.turn(wheel(0, 100, 0, { ctrlKey: false }));
  expect(sent.slice(3).map(({ kind }) => kind)).toEqual(['keyup', 'wheel']);
});

it.each([
  ['pixels', wheel(0, 200, 0), 2],
  ['lines', wheel(0, -3, 1), -1],
  ['pages', wheel(0, 1, 2), 5],
])('turns by %s', (_, event, dy) => {
  hands.turn(event);
  expect(sent).toEqual([{ kind: 'wheel', dx: 0, dy, x: 0.5, y: 0.5 }]);
});

it('asks for the unit of the wheel first: Firefox turns by pixels of its own for who does not', () => {
  let asked = false;
  hands.turn({
    clientX: 300,
    clientY: 150,
    deltaX: 0,
    get deltaY() {
      return asked ? 3 : 48;
    },
    get deltaMode() {
      asked = true;
      return 1;
    },
  } as unknown as WheelEvent);
  expect(sent.at(-1)).toMatchObject({ kind: 'wheel', dy: 1 });
});

it('types what was inserted in one piece', () => {
  hands.type('a\nb');
  expect(sent.map(({ text, code }) => text ?? code)).toEqual(['a', 'Enter', 'Enter', 'b']);
});

it('begins anew once it has let go', () => {
  hands.point(at(300, 150, 1));
  hands.letGo();
  expect(letGo).toBe(1);
  sent = [];
  hands.point(at(300, 150, 0));
  expect(sent).toEqual([{ kind: 'move', x: 0.5, y: 0.5 }]);
});

it('knows the keys that stay here', () => {
  const key = (init: KeyboardEventInit) => ownKey(new KeyboardEvent('keydown', init));
  expect(key({ code: 'F12', ctrlKey: true, shiftKey: true })).toBe('stop');
  expect(key({ code: 'F11', ctrlKey: true, shiftKey: true })).toBe('leave');
  expect(key({ code: 'F12', ctrlKey: true })).toBe(null);
  expect(key({ code: 'F10', ctrlKey: true, shiftKey: true })).toBe(null);
  expect(key({ code: 'F12', ctrlKey: true, shiftKey: true, altKey: true })).toBe(null);
});
