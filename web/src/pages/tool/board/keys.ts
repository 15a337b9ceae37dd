/** What the keys of the picture do. */
export type Deed =
  | 'list'
  | 'nearer'
  | 'farther'
  | 'fit'
  | 'width'
  | 'actual'
  | 'full'
  | 'inset'
  | 'share'
  | 'board'
  | 'document'
  | 'tools'
  | 'beside'
  | 'hand'
  | 'undo';

/** Which keys do it; the first one is told. */
export const keysOf: Readonly<Record<Exclude<Deed, 'undo'>, readonly string[]>> = {
  list: ['?'],
  nearer: ['+', '='],
  farther: ['-', '_'],
  fit: ['0'],
  actual: ['1'],
  width: ['w'],
  full: ['f'],
  inset: ['i'],
  share: ['s'],
  board: ['b'],
  document: ['d'],
  tools: ['t'],
  beside: ['p'],
  hand: ['Escape'],
};

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** The deed of a key; single letters only where they are wanted: speech control types them. */
export function deedOf({ key, ctrlKey, metaKey, altKey }: Key, letters: boolean): Deed | null {
  if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === 'z') return 'undo';
  if (ctrlKey || metaKey || altKey) return null;
  if (!letters && key.length === 1) return null;
  const pressed = key.length === 1 ? key.toLowerCase() : key;
  for (const [deed, keys] of Object.entries(keysOf) as [keyof typeof keysOf, string[]][]) {
    if (keys.includes(pressed)) return deed;
  }
  return null;
}

/** Who types, or walks through a list or a dialog, means something else with these keys. */
export function isBusy(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const typing =
    'input, textarea, select, [contenteditable], dialog, [role="menu"], [role="menuitem"]';
  return target.closest(typing) !== null;
}
