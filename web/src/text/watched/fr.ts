import type { WatchedCatalogue } from './en.ts';

export const fr: WatchedCatalogue = {
  none: 'Personne ne regarde pour le moment.',
  one: '1 personne regarde :',
  many: '{count} personnes regardent :',
  'unnamed.one': '1 personne regarde.',
  'unnamed.many': '{count} personnes regardent.',
  more: 'une autre personne',
  'more.many': '{count} autres personnes',
  'said.some': 'Votre partage est regardé.',
  'said.none': 'Plus personne ne regarde votre partage.',
};
