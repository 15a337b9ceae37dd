/** What the conference shows, who shows next, and its documents, on the control channel. */
import { count, fields, oneOf, optionalText, text } from '../shape.ts';

export const stageKinds = ['share', 'board', 'document'] as const;
export type StageKind = (typeof stageKinds)[number];

export interface Stage {
  kind: StageKind;
  /** Of a share: the room's `current`, "" when nothing is shared. Of a document: its id. */
  id: string;
  /** A document's; else "". */
  name: string;
  /** A document's, from 1; else 0. */
  page: number;
  pages: number;
  /** Who has put it there, or "". */
  participant: string;
}

export type StageFromRelay =
  | { type: 'stage.shown'; stage: Stage }
  /** `participant` asks this one to share in their place, or has declined to. */
  | { type: 'stage.offered' | 'stage.declined'; participant: string; name: string }
  /** Fetch the list of documents again. */
  | { type: 'document.changed' };

export type StageToRelay =
  | {
      type: 'stage.show';
      kind: StageKind;
      id: string;
      name: string;
      page: number;
      pages: number;
    }
  | { type: 'stage.offer' | 'stage.decline'; participant: string }
  | { type: 'document.changed' };

export function stage(value: unknown): Stage {
  const from = fields(value, 'stage');
  return {
    kind: oneOf(from, 'kind', stageKinds),
    id: text(from, 'id'),
    name: optionalText(from, 'name'),
    page: count(from, 'page'),
    pages: count(from, 'pages'),
    participant: optionalText(from, 'participant'),
  };
}
