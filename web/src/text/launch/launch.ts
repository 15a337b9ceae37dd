import { useArea, type AreaText } from '../area.ts';
import { en, type LaunchKey } from './en.ts';
import { fr } from './fr.ts';

export type LaunchText = AreaText<LaunchKey>;

export const useLaunchText = (): LaunchText => useArea({ en, fr });
