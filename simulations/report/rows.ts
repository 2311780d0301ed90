/**
 * A value that JSON, CSV and a chart's axis can all represent. NaN and infinities are refused when a row is recorded.
 */
export type Scalar = string | number | boolean | null;

/** One line of a series: flat, so that it is one line of JSON or of CSV. Declare rows as type aliases. */
export type Row = Readonly<Record<string, Scalar>>;

/** JSON as used in a summary. */
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

/**
 * One field of CSV. A string that a spreadsheet would treat as a formula is quoted but not changed: its source is our
 * own code, and reading a file back must give the rows that were written. An empty string is quoted to distinguish it
 * from null.
 */
function field(value: Scalar | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  return value === '' || /[",\r\n]|^[=+\-@\t\s]|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/**
 * Rows as CSV (RFC 4180): a header with the union of the rows' keys in the order of first appearance, lines that end
 * with CRLF, an empty field for null and for missing keys. No rows give an empty file.
 */
export function toCsv(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) => keys.map((key) => field(Object.hasOwn(row, key) ? row[key] : null)).join(','));
  return [keys.map(field).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
