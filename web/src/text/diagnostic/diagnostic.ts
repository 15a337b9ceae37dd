import { useArea, type AreaText } from '../area.ts';
import { en, type DiagnosticKey } from './en.ts';
import { fr } from './fr.ts';

export type DiagnosticText = AreaText<DiagnosticKey>;

export const useDiagnosticText = (): DiagnosticText => useArea({ en, fr });
