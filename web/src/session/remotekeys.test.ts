import { beforeEach, describe, expect, it } from 'vitest';
import { Keys, type Stroke } from './remotekeys.ts';
import type { InputEvent } from './wire.ts';

let sent: string[];
let keys: Keys;

/** One event in a word: `+KeyA`, `-KeyA`, `"é"`. */
const word = ({ kind, code, text }: InputEvent) =>
  kind === 'text' ? `"${text}"` : `${kind === 'keydown' ? '+' : '-'}${code}`;

function begin(mac = false): void {
  sent = [];
  const input = (event: InputEvent) => sent.push(word(event));
  keys = new Keys({ input, type: (events) => events.forEach(input) }, mac);
}
beforeEach(() => begin());

function stroke(key: string, code: string, more: Partial<Stroke> = {}): Stroke {
  return {
    key,
    code,
    ctrlKey: false,
    shiftKey: false,
    altKey: false,
    metaKey: false,
    altGraph: false,
    composing: false,
    ...more,
  };
}

describe('what makes characters', () => {
  it.each([
    ['a letter', stroke('a', 'KeyQ')],
    ['a capital', stroke('A', 'KeyQ', { shiftKey: true })],
    [
      'a sign of the third level',
      stroke('€', 'KeyE', { ctrlKey: true, altKey: true, altGraph: true }),
    ],
    ['a dead key', stroke('Dead', 'BracketLeft')],
    ['a part of a composition', stroke('e', 'KeyE', { composing: true })],
    ['what an input method takes', stroke('Process', 'KeyK')],
    ['what a touch keyboard does not name', stroke('Unidentified', '')],
    ['a character beyond the first plane', stroke('😀', '')],
  ])('is left to the browser: %s', (_, pressed) => {
    expect(keys.press(pressed)).toBe('text');
    keys.lift(pressed);
    expect(sent).toEqual([]);
  });

  it('goes as text, in pieces, without what no keyboard has', () => {
    keys.text('é');
    keys.text(`${'x'.repeat(33)}😀`);
    keys.text('a\r\nb\tc\u0007');
    keys.text('');
    keys.text('\u200Fאב\u200E\uFEFF');
    keys.text('a\uD83Db\uFFFD\uDE00c\u2028');
    keys.text('👩\u200D💻❤\uFE0F');
    expect(sent).toEqual([
      '"é"',
      `"${'x'.repeat(32)}"`,
      '"x😀"',
      '"a"',
      '+Enter',
      '-Enter',
      '"b"',
      '+Tab',
      '-Tab',
      '"c"',
      '"אב"',
      '"abc"',
      '"👩\u200D💻❤\uFE0F"',
    ]);
  });

  it('is never typed over a modifier that is held there', () => {
    keys.press(stroke('Shift', 'ShiftLeft', { shiftKey: true }));
    keys.press(stroke('ArrowRight', 'ArrowRight', { shiftKey: true }));
    keys.lift(stroke('ArrowRight', 'ArrowRight', { shiftKey: true }));
    keys.press(stroke('A', 'KeyA', { shiftKey: true }));
    keys.text('A');
    expect(sent).toEqual(['+ShiftLeft', '+ArrowRight', '-ArrowRight', '-ShiftLeft', '"A"']);
  });
});

describe('other keys', () => {
  it('go by their place', () => {
    for (const code of ['Enter', 'Backspace', 'F5', 'Escape', 'Tab', 'PageDown']) {
      expect(keys.press(stroke(code, code))).toBe('taken');
      keys.lift(stroke(code, code));
    }
    keys.press(stroke(' ', 'Space'));
    expect(sent.slice(0, 2)).toEqual(['+Enter', '-Enter']);
    expect(sent.at(-1)).toBe('+Space');
  });

  it('are what they mean here, whatever lamp is on there', () => {
    keys.press(stroke('End', 'Numpad1'));
    keys.lift(stroke('1', 'Numpad1')); // the lamp has changed meanwhile
    keys.press(stroke('Escape', 'CapsLock'));
    keys.lift(stroke('Escape', 'CapsLock'));
    keys.press(stroke('Enter', 'NumpadEnter'));
    keys.lift(stroke('Enter', 'NumpadEnter'));
    keys.press(stroke('Backspace', '')); // of a touch keyboard
    keys.lift(stroke('Backspace', ''));
    expect(sent.join(' ')).toBe(
      '+End -End +Escape -Escape +NumpadEnter -NumpadEnter +Backspace -Backspace',
    );
  });

  it('repeat, and are let go once', () => {
    for (let time = 0; time < 3; time++) keys.press(stroke('Delete', 'Delete'));
    keys.lift(stroke('Delete', 'Delete'));
    keys.lift(stroke('Delete', 'Delete'));
    expect(sent).toEqual(['+Delete', '+Delete', '+Delete', '-Delete']);
  });

  it('are no lamps, and nothing without a place', () => {
    expect(keys.press(stroke('CapsLock', 'CapsLock'))).toBe('nothing');
    expect(keys.press(stroke('MediaPlay', ''))).toBe('nothing');
    expect(keys.press(stroke('BrowserBack', 'BrowserBack'))).toBe('nothing');
    expect(sent).toEqual([]);
  });
});

describe('modifiers', () => {
  const control = { ctrlKey: true };

  it('are held with what they are held for', () => {
    keys.press(stroke('Control', 'ControlLeft', control));
    expect(sent).toEqual([]);
    keys.press(stroke('c', 'KeyC', control));
    keys.lift(stroke('c', 'KeyC', control));
    keys.press(stroke('v', 'KeyV', control));
    keys.lift(stroke('v', 'KeyV', control));
    keys.lift(stroke('Control', 'ControlLeft'));
    expect(sent).toEqual(['+ControlLeft', '+KeyC', '-KeyC', '+KeyV', '-KeyV', '-ControlLeft']);
  });

  it('are held with the mouse', () => {
    keys.hold(stroke('', '', { shiftKey: true, ctrlKey: true }));
    keys.hold(stroke('', '', { shiftKey: true }));
    keys.hold(stroke('', ''));
    expect(sent).toEqual(['+ControlLeft', '+ShiftLeft', '-ControlLeft', '-ShiftLeft']);
  });

  it.each([
    ['Alt', 'AltLeft', { altKey: true }, ['+AltLeft', '-AltLeft']],
    ['Meta', 'MetaRight', { metaKey: true }, ['+MetaLeft', '-MetaLeft']],
    ['Shift', 'ShiftLeft', { shiftKey: true }, []],
    ['AltGraph', 'AltRight', { altGraph: true }, []],
  ])('%s alone', (key, code, held, expected) => {
    keys.press(stroke(key, code, held));
    keys.lift(stroke(key, code));
    expect(sent).toEqual(expected);
  });

  it('are no menu when they were held for something', () => {
    keys.press(stroke('Alt', 'AltLeft', { altKey: true }));
    keys.press(stroke('F4', 'F4', { altKey: true }));
    keys.lift(stroke('F4', 'F4', { altKey: true }));
    keys.lift(stroke('Alt', 'AltLeft'));
    expect(sent).toEqual(['+AltLeft', '+F4', '-F4', '-AltLeft']);
  });

  it('are forgotten with everything else that was let go in another way', () => {
    keys.press(stroke('x', 'KeyX', control));
    sent = [];
    keys.forget();
    keys.lift(stroke('x', 'KeyX', control));
    keys.text('a');
    expect(sent).toEqual(['"a"']);
  });
});

describe('on a Mac', () => {
  beforeEach(() => begin(true));

  it('Cmd is Ctrl, and keys that it swallows are let go with it', () => {
    const cmd = { metaKey: true };
    keys.press(stroke('Meta', 'MetaLeft', cmd));
    keys.press(stroke('c', 'KeyC', cmd));
    keys.lift(stroke('Meta', 'MetaLeft'));
    expect(sent).toEqual(['+ControlLeft', '+KeyC', '-KeyC', '-ControlLeft']);
  });

  it('Option makes characters', () => {
    expect(keys.press(stroke('@', 'KeyG', { altKey: true }))).toBe('text');
    expect(keys.press(stroke('ArrowLeft', 'ArrowLeft', { altKey: true }))).toBe('taken');
    expect(sent).toEqual(['+AltLeft', '+ArrowLeft']);
  });
});
