import type { Work } from '../../../session/work.ts';

/** Whether a share is what this page shows. */
export function looksAt({ stage, attendance }: Work, publication: string): boolean {
  return stage.kind.value === 'share' && attendance.viewed.value?.id === publication;
}
