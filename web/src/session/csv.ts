/** What a spreadsheet would take for a formula, full-width signs included. */
const formula = /^[\s]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/;

/**
 * A table as comma-separated values (RFC 4180). Cells are what others wrote: one that a spreadsheet
 * would run as a formula gets an apostrophe in front. The mark at the beginning makes spreadsheets
 * read it as UTF-8.
 */
export function csv(rows: readonly (readonly string[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function cell(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
