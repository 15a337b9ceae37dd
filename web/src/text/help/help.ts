import { useArea, type AreaText } from '../area.ts';
import { en, type HelpKey } from './en.ts';
import { fr } from './fr.ts';

export const useHelpText = (): AreaText<HelpKey> => useArea({ en, fr });
