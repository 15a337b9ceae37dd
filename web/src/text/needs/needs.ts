import { useArea, type AreaText } from '../area.ts';
import { en, type NeedsKey } from './en.ts';
import { fr } from './fr.ts';

export const useNeedsText = (): AreaText<NeedsKey> => useArea({ en, fr });
