import { useArea, type AreaText } from '../area.ts';
import { en, type WatchedKey } from './en.ts';
import { fr } from './fr.ts';

export const useWatchedText = (): AreaText<WatchedKey> => useArea({ en, fr });
