import type { InputEvent } from './wire.ts';

/** A key as the browser tells it. */
export interface Stroke {
  key: string;
  code: string;
  ctrlKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  /** AltGr, which some systems tell as Ctrl and Alt. */
  altGraph: boolean;
  /** A character is being put together of several keys. */
  composing: boolean;
}

/** The desktop that the keys are for. */
export interface KeySink {
  input(event: InputEvent): void;
  /** Takes all of it or nothing. */
  type(events: readonly InputEvent[]): void;
}

/** Held together with a key or the mouse. */
export type Held = Pick<Stroke, 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey' | 'altGraph'>;

/** `text`: the browser makes characters of it, which come as text. `taken`: it was sent as a key. */
export type Taken = 'text' | 'taken' | 'nothing';

const modifiers = {
  ctrlKey: 'ControlLeft',
  shiftKey: 'ShiftLeft',
  altKey: 'AltLeft',
  metaKey: 'MetaLeft',
} as const;
type Modifier = keyof typeof modifiers;
const names = Object.keys(modifiers) as Modifier[];
const modifierKeys: ReadonlySet<string> = new Set([
  'Control',
  'Shift',
  'Alt',
  'Meta',
  'OS',
  'AltGraph',
]);
/** Alone they open a menu there; the others do nothing alone. */
const tapped: readonly Modifier[] = ['altKey', 'metaKey'];
/** Locks belong to the keyboard that has their lamps. */
const locks: ReadonlySet<string> = new Set(['CapsLock', 'NumLock', 'ScrollLock', 'Fn', 'FnLock']);
/** Keys that mean the same wherever they are: the other keyboard may have another lamp on, or another key in that place. */
const meant =
  /^(?:Escape|Enter|Tab|Backspace|Delete|Insert|Home|End|Page(?:Up|Down)|Arrow(?:Up|Down|Left|Right)|ContextMenu|F\d\d?)$/;
/** Keys without a character that the software presses; it knows no keys of media players and browsers. */
const places =
  /^(?:Key[A-Z]|Digit\d|Numpad(?:\d|Add|Subtract|Multiply|Divide|Decimal|Comma|Equal|Enter)|Space|Minus|Equal|Bracket(?:Left|Right)|Semicolon|Quote|Backquote|Backslash|Comma|Period|Slash|Intl(?:Backslash|Ro|Yen)|Convert|NonConvert|KanaMode|Lang[12]|PrintScreen|Pause)$/;
/** Nobody sees them, or they are no characters, and the software types nothing with them; the joiners that scripts and emoji need are others. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0\uFFFD]/u;
const joiners = '\u200C\u200D';

/**
 * Keys for another desktop. What makes characters goes there as text, so that it means there what it means on this
 * keyboard; other keys go by their place. Modifiers go there only with what they are held for: over text they would
 * make something else of it.
 */
export class Keys {
  readonly #sink: KeySink;
  /** On a Mac, Cmd is what Ctrl is elsewhere, and Option makes characters. */
  readonly #mac: boolean;
  /** Down over there: modifiers, and other keys by what they are here. */
  readonly #modifiers = new Set<Modifier>();
  readonly #down = new Map<string, string>();
  /** A modifier that was pressed, and nothing since. */
  #alone: Modifier | null = null;

  constructor(sink: KeySink, mac: boolean) {
    this.#sink = sink;
    this.#mac = mac;
  }

  press(stroke: Stroke): Taken {
    const { key, code, composing } = stroke;
    if (composing || key === 'Dead' || key === 'Process') return 'text';
    if (modifierKeys.has(key)) {
      this.#alone = this.#modifierOf(code);
      return 'taken';
    }
    this.#alone = null;
    if (locks.has(key)) return 'nothing';
    if (this.#isText(stroke)) return 'text';
    if (key === 'Unidentified' && (code === '' || code === key)) return 'text';
    const there = placeOf(stroke);
    if (there === null) return 'nothing';
    this.hold(stroke);
    this.#down.set(code, there);
    this.#sink.input({ kind: 'keydown', code: there });
    return 'taken';
  }

  lift(stroke: Stroke): void {
    const { key, code } = stroke;
    if (modifierKeys.has(key)) {
      const alone = this.#alone;
      const modifier = this.#modifierOf(code);
      this.#alone = null;
      // A Mac tells nothing of keys that are let go under Cmd.
      if (key === 'Meta') this.#lift();
      if (modifier !== null && modifier === alone && tapped.includes(modifier)) this.#tap(modifier);
      else this.hold(stroke, false);
      return;
    }
    const there = this.#down.get(code);
    if (there === undefined) return;
    this.#down.delete(code);
    this.#sink.input({ kind: 'keyup', code: there });
  }

  /** Characters, however they were made. */
  text(text: string): void {
    if (text === '') return;
    this.#alone = null;
    for (const modifier of this.#modifiers) this.#let(modifier);
    this.#sink.type([...parts(text)]);
  }

  /** What is held here is held there, for what comes next; or only what is let go here is let go there. */
  hold(held: Held, press = true): void {
    this.#alone = null;
    for (const modifier of names) {
      const wanted = this.#wants(held, modifier);
      if (!wanted && this.#modifiers.has(modifier)) this.#let(modifier);
      if (wanted && press && !this.#modifiers.has(modifier)) this.#take(modifier);
    }
  }

  /** Everything has been let go in another way. */
  forget(): void {
    this.#alone = null;
    this.#down.clear();
    this.#modifiers.clear();
  }

  #isText({ key, ctrlKey, altKey, metaKey, altGraph }: Stroke): boolean {
    // Space is a key, too: it presses buttons.
    if ([...key].length !== 1 || key === ' ') return false;
    if (altGraph) return true;
    return !ctrlKey && !metaKey && (!altKey || this.#mac);
  }

  #modifierOf(code: string): Modifier | null {
    const found = names.find((name) => code.startsWith(modifiers[name].replace('Left', '')));
    if (found === undefined || code === 'AltRight') return null;
    return this.#mac && found === 'metaKey' ? 'ctrlKey' : found;
  }

  #wants(held: Held, modifier: Modifier): boolean {
    if (held.altGraph && (modifier === 'ctrlKey' || modifier === 'altKey')) return false;
    if (!this.#mac) return held[modifier];
    if (modifier === 'metaKey') return false;
    return modifier === 'ctrlKey' ? held.ctrlKey || held.metaKey : held[modifier];
  }

  #lift(): void {
    for (const code of this.#down.values()) this.#sink.input({ kind: 'keyup', code });
    this.#down.clear();
  }

  #tap(modifier: Modifier): void {
    this.#take(modifier);
    this.#let(modifier);
  }

  #take(modifier: Modifier): void {
    this.#modifiers.add(modifier);
    this.#sink.input({ kind: 'keydown', code: modifiers[modifier] });
  }

  #let(modifier: Modifier): void {
    this.#modifiers.delete(modifier);
    this.#sink.input({ kind: 'keyup', code: modifiers[modifier] });
  }
}

/** Which key it is over there. */
function placeOf({ key, code }: Stroke): string | null {
  if (code === 'NumpadEnter') return code;
  if (meant.test(key)) return key;
  return places.test(code) ? code : null;
}

/** At most 32 characters each; ends of lines and tabs are keys. */
function* parts(text: string): Generator<InputEvent> {
  let run = '';
  const rest = (): InputEvent => ({ kind: 'text', text: run });
  for (const letter of text.replace(/\r\n?/g, '\n')) {
    const code = { '\n': 'Enter', '\t': 'Tab' }[letter];
    if (code !== undefined || [...run].length >= 32) {
      if (run !== '') yield rest();
      run = '';
    }
    if (code !== undefined) {
      yield { kind: 'keydown', code };
      yield { kind: 'keyup', code };
    } else if (joiners.includes(letter) || !unseen.test(letter)) {
      run += letter;
    }
  }
  if (run !== '') yield rest();
}
