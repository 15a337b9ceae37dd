/** English of who watches one's own share. Every key is used; `{name}` is filled in. */
export const en = {
  none: 'Nobody is watching at the moment.',
  one: '1 person is watching:',
  many: '{count} people are watching:',
  'unnamed.one': '1 person is watching.',
  'unnamed.many': '{count} people are watching.',
  more: 'one more',
  'more.many': '{count} more',
  'said.some': 'What you share is being watched.',
  'said.none': 'Nobody watches what you share any more.',
};

export type WatchedKey = keyof typeof en;
export type WatchedCatalogue = Readonly<Record<WatchedKey, string>>;
