import type { Remote } from '../../../session/remote.ts';
import { Keys, type Held } from '../../../session/remotekeys.ts';

/** Bits of `buttons`, with what they are as `button`. */
const buttons = [
  [1, 0],
  [2, 2],
  [4, 1],
  [8, 3],
  [16, 4],
] as const;

export interface HandsDeps {
  remote: Pick<Remote, 'input' | 'type' | 'letGo'>;
  /** Where the picture lies in the window. */
  place(): DOMRect | null;
  mac: boolean;
}

/** Mouse, fingers and keys of this page on the desktop of somebody else. */
export class RemoteHands {
  readonly #deps: HandsDeps;
  readonly #keys: Keys;
  /** What is pressed, as the browser tells it. */
  #pressed = 0;

  constructor(deps: HandsDeps) {
    this.#deps = deps;
    this.#keys = new Keys(deps.remote, deps.mac);
  }

  /** Any movement of mouse or finger; which buttons changed is found by itself. */
  point(event: PointerEvent): void {
    const at = this.#at(event);
    if (at === null) return;
    const { remote } = this.#deps;
    remote.input({ kind: 'move', ...at });
    const changed = this.#pressed ^ event.buttons;
    if (changed !== 0) this.#keys.hold(heldBy(event));
    for (const [bit, button] of buttons) {
      if ((changed & bit) === 0) continue;
      remote.input({ kind: (event.buttons & bit) === 0 ? 'up' : 'down', button, ...at });
    }
    this.#pressed = event.buttons;
  }

  turn(event: WheelEvent): void {
    const at = this.#at(event);
    if (at === null) return;
    this.#keys.hold(heldBy(event));
    // Firefox gives lines to who asks for the unit first, and pixels of its own to others.
    const scale = notchesOf(event);
    const { deltaX, deltaY } = event;
    this.#deps.remote.input({ kind: 'wheel', dx: deltaX * scale, dy: deltaY * scale, ...at });
  }

  /** True where the key is not this page's business any more. */
  press(event: KeyboardEvent): boolean {
    return this.#keys.press(strokeOf(event)) === 'taken';
  }

  lift(event: KeyboardEvent): void {
    this.#keys.lift(strokeOf(event));
  }

  type(text: string): void {
    this.#keys.text(text);
  }

  /** This page has no mouse and no keys at the moment. */
  letGo(): void {
    this.#deps.remote.letGo();
    this.#keys.forget();
    this.#pressed = 0;
  }

  /** The part of the picture, also for a mouse that was dragged out of it. */
  #at({ clientX, clientY }: MouseEvent): { x: number; y: number } | null {
    const place = this.#deps.place();
    if (place === null || place.width === 0 || place.height === 0) return null;
    return { x: (clientX - place.left) / place.width, y: (clientY - place.top) / place.height };
  }
}

/** The keys that stay here: one ends the control, one leaves the picture for the rest of the page. */
export function ownKey(event: KeyboardEvent): 'stop' | 'leave' | null {
  const { code, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (!ctrlKey || !shiftKey || altKey || metaKey) return null;
  if (code === 'F12') return 'stop';
  return code === 'F11' ? 'leave' : null;
}

/** How much of a notch of a wheel one unit is; browsers turn 100 pixels or 3 lines for one. */
function notchesOf({ deltaMode }: WheelEvent): number {
  switch (deltaMode) {
    case WheelEvent.DOM_DELTA_LINE:
      return 1 / 3;
    case WheelEvent.DOM_DELTA_PAGE:
      return 5;
    default:
      return 1 / 100;
  }
}

function heldBy(event: MouseEvent | KeyboardEvent): Held {
  const { ctrlKey, shiftKey, altKey, metaKey } = event;
  const altGraph = event.getModifierState?.('AltGraph') ?? false;
  return { ctrlKey, shiftKey, altKey, metaKey, altGraph };
}

function strokeOf(event: KeyboardEvent) {
  return { key: event.key, code: event.code, composing: event.isComposing, ...heldBy(event) };
}
