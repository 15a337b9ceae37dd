import { useArea, type AreaText } from '../area.ts';
import { en, type DeskKey } from './en.ts';
import { fr } from './fr.ts';

export type DeskText = AreaText<DeskKey>;
export type DeskTranslate = DeskText['t'];

export const useDeskText = (): DeskText => useArea({ en, fr });
