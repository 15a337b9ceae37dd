import { signal } from '@preact/signals';
import type { Work } from '../../../session/work.ts';
import { board } from '../../../session/surface.ts';
import { KeysThere } from '../control/keysthere.ts';
import { Instruments } from './instruments.ts';
import type { Deed } from './keys.ts';
import { Screen } from './screen.ts';
import { Viewport } from './viewport.ts';

const lettersKey = 'coopnet.keys';

/** How this page looks at the stage: kept for as long as the tool is open, whatever is shown. */
export class Bench {
  readonly viewport = new Viewport();
  readonly instruments = new Instruments();
  readonly screen: Screen;
  readonly keysThere = new KeysThere();
  /** The list of keys is open. */
  readonly listing = signal(false);
  /** What lies beside the picture is in sight. */
  readonly beside = signal(true);
  /** Single letters are keys, too. */
  readonly letters = signal(true);
  /** The picture and what lies around it, for the whole screen. */
  frame: HTMLElement | null = null;
  /** What has the focus for the keys of the picture. */
  view: HTMLElement | null = null;
  readonly #storage: Storage | null;

  constructor(storage: Storage | null) {
    this.#storage = storage;
    this.screen = new Screen(() => this.frame);
    try {
      this.letters.value = storage?.getItem(lettersKey) !== 'off';
    } catch {
      // A browser without storage has the keys.
    }
  }

  allowLetters(on: boolean): void {
    this.letters.value = on;
    try {
      this.#storage?.setItem(lettersKey, on ? 'on' : 'off');
    } catch {
      // It lasts as long as the page, then.
    }
  }

  /** The tools are at hand: always on the whiteboard, elsewhere when they were asked for. */
  toolsShown(surface: string): boolean {
    return surface === board || (surface !== '' && this.instruments.open.value);
  }

  toggleTools(): void {
    const { open, instrument } = this.instruments;
    open.value = !open.value;
    if (!open.value) instrument.value = 'hand';
  }

  /** Does what a key or a button asks; false when there is nothing to do. */
  do(deed: Deed, work: Work): boolean {
    const { viewport, screen } = this;
    switch (deed) {
      case 'list':
        this.listing.value = true;
        return true;
      case 'nearer':
        viewport.zoomBy(1);
        return true;
      case 'farther':
        viewport.zoomBy(-1);
        return true;
      case 'fit':
      case 'width':
      case 'actual':
        viewport.fit(deed);
        return true;
      case 'full':
        if (screen.fills) screen.toggleFull();
        return screen.fills;
      case 'inset':
        if (screen.insets) screen.toggleInset();
        return screen.insets;
      case 'beside':
        this.beside.value = !this.beside.value;
        return true;
      case 'tools':
        this.toggleTools();
        return true;
      case 'hand':
        return this.#layDown();
      case 'undo':
        work.drawing.undo(work.stage.surface.peek());
        return true;
      case 'share':
      case 'board':
        work.stage.pick(deed);
        return true;
      case 'document':
        if (work.stage.document.peek() === null) return false;
        work.stage.pick(deed);
        return true;
    }
  }

  /** Escape is the browser's own key, too: it is taken only where something is in the hand. */
  #layDown(): boolean {
    const { instrument } = this.instruments;
    if (instrument.peek() === 'hand') return false;
    instrument.value = 'hand';
    return true;
  }
}
