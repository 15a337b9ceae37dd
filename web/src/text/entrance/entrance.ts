import { useArea, type AreaText } from '../area.ts';
import { en, type EntranceKey } from './en.ts';
import { fr } from './fr.ts';

export const useEntranceText = (): AreaText<EntranceKey> => useArea({ en, fr });
