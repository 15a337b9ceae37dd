import type { Pages } from '../../../session/documents.ts';
import { headLength, headOf } from '../../../session/documents/kind.ts';
import { Problem } from '../../../session/problem.ts';
import { openImage } from './image.ts';
import { damaged, type Sheet } from './sheet.ts';

/** Opens a file by what it is, whatever it is called. What reads PDF is loaded when somebody needs it. */
export async function open(file: Blob): Promise<Pages<Sheet>> {
  const head = headOf(new Uint8Array(await file.slice(0, headLength).arrayBuffer()));
  if (head === null) throw damaged();
  if (head.kind !== 'pdf') return openImage(file, head);
  let reader: typeof import('./pdf.ts');
  try {
    reader = await import('./pdf.ts');
  } catch (cause) {
    throw new Problem('network', { cause });
  }
  return reader.openPdf(file);
}
