/** A value that JSON, CSV and a chart's axis can all hold. NaN and infinities are refused when a row is recorded. */
export type Scalar = string | number | boolean | null;

/** One line of a series: flat, so that it is a line of JSON and of CSV alike. Declare rows as type aliases. */
export type Row = Readonly<Record<string, Scalar>>;

/** JSON as a summary holds it. */
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

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
