import type { TroubleCatalogue } from './en.ts';

export const fr: TroubleCatalogue = {
  help: 'Que faire',
  find: 'Trouver la cause',
  tab: '(nouvel onglet)',
};
