import { useArea, type AreaText } from '../area.ts';
import { en, type BoardKey } from './en.ts';
import { fr } from './fr.ts';

export type BoardText = AreaText<BoardKey>;

export const useBoardText = (): BoardText => useArea({ en, fr });
