import type { Row, Scalar } from '../laboratory/rows.ts';

/**
 * One field of CSV. A string that a spreadsheet would take for a formula is quoted but not changed: its source is our
 * own code, and a file that is read back must give the rows that were written. An empty string is quoted, so that it
 * is told from null.
 */
function field(value: Scalar | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  return value === '' || /[",\r\n]|^[=+\-@\t\s]|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * Rows as CSV (RFC 4180): a header with the union of the rows' keys in the order in which they first come, lines that
 * end with CRLF, an empty field for null and for what a row does not have. No rows give an empty file.
 */
export function toCsv(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => keys.map((key) => field(Object.hasOwn(row, key) ? row[key] : null)).join(','));
  return [keys.map(field).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
