import type { TroubleCatalogue } from './en.ts';

export const fr: TroubleCatalogue = {
  find: 'Trouver la cause (nouvel onglet)',
};
