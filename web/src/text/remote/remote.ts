import { useArea, type AreaText } from '../area.ts';
import { en, type RemoteKey } from './en.ts';
import { fr } from './fr.ts';

export type RemoteText = AreaText<RemoteKey>;

export const useRemoteText = (): RemoteText => useArea({ en, fr });
