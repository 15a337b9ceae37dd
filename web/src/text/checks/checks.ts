import { useArea, type AreaText } from '../area.ts';
import { en, type CheckKey } from './en.ts';
import { fr } from './fr.ts';

export type CheckText = AreaText<CheckKey>;

export const useCheckText = (): CheckText => useArea({ en, fr });
