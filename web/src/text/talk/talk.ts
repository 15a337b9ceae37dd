import { useArea, type AreaText } from '../area.ts';
import { en, type TalkKey } from './en.ts';
import { fr } from './fr.ts';

export type TalkText = AreaText<TalkKey>;
export type TalkTranslate = TalkText['t'];

export const useTalkText = (): TalkText => useArea({ en, fr });
