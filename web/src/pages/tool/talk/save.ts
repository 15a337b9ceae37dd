import { saveFile } from '../../../ui/save.ts';

/** Gives a text to this person as a file. */
export function saveText(name: string, type: string, text: string): void {
  saveFile(new Blob([text], { type: `${type};charset=utf-8` }), name);
}

/** False when the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** A file name that every system takes: "Project Neptune", "chat", "csv" -> "Project Neptune - chat - 2026-11-24.csv". */
export function fileName(conference: string, what: string, ending: string, now: Date): string {
  const plain = conference
    .replace(/[^\p{L}\p{N} _-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 60);
  return `${plain || 'coopnet'} - ${what} - ${day(now)}.${ending}`;
}

/** The local date and time, as every spreadsheet reads it. */
export function localTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return `${day(at)} ${clock}`;
}

function day(at: Date): string {
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-');
}

function two(part: number): string {
  return String(part).padStart(2, '0');
}
