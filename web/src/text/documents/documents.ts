import { useArea, type AreaText } from '../area.ts';
import { en } from './en.ts';
import { fr } from './fr.ts';

export type DocumentsKey = keyof typeof en;
export type DocumentsText = AreaText<DocumentsKey>;

export const useDocumentsText = (): DocumentsText => useArea({ en, fr });
