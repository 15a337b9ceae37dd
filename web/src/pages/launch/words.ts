import type { System } from '../../session/workstation.ts';
import type { Language } from '../../text/texts.ts';

/** Bytes in the megabytes of a browser's list of downloads. */
export function sizeText(bytes: number, language: Language): string {
  const format = new Intl.NumberFormat(language, {
    style: 'unit',
    unit: 'megabyte',
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1_000_000);
}

/** What prints a file's checksum. */
export function checkCommand(system: System, file: string): string {
  switch (system) {
    case 'windows':
      return `Get-FileHash "${file}"`;
    case 'macos':
      return `shasum -a 256 "${file}"`;
    default:
      return `sha256sum "${file}"`;
  }
}
