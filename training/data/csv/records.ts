import { CairnError } from '../../../protocol/errors.ts';
import { fault, type Place } from './fault.ts';

/** The part of the csv-parse library in use: fields as plain text, without conversions. */
export type RecordParser = (text: string, options: ParserOptions) => unknown;

interface ParserOptions {
  readonly delimiter: string;
  readonly record_delimiter: string[];
  readonly relax_column_count: boolean;
  readonly trim: boolean;
  readonly to?: number;
  readonly on_record: (record: string[], context: { readonly lines: number }) => null;
}

/** csv-parse's errors about mismatched quotes, reworded: its own messages show fields. */
function reason(code: unknown): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed';
  if (code === 'INVALID_OPENING_QUOTE') return 'a quote appears within a field that does not begin with one';
  if (code === 'CSV_INVALID_CLOSING_QUOTE' || code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE')
    return 'something follows a closed quote before the field ends';
  return 'it cannot be parsed';
}

const QUOTES = 'write a field with a quote as "…""…"';

/** Receives a record that is not empty. */
export type Visit = (record: readonly string[], place: Place) => void;

/**
 * Runs the library over a string; the last record's end says where the next one begins.
 * @param max records to read; all by default
 * @throws CairnError `data-malformed` for mismatched quotes, and whatever `visit` throws
 */
export function records(
  parser: RecordParser,
  text: string,
  separator: string,
  file: string,
  visit: Visit,
  max?: number,
): void {
  let end = 0;
  let row = 0;
  try {
    parser(text, {
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      // A row of a different length is refused below, with its number.
      relax_column_count: true,
      trim: true,
      ...(max === undefined ? {} : { to: max }),
      on_record(record, { lines }) {
        const place = { row: row + 1, line: end + 1 };
        end = lines;
        row++;
        // An empty line is not a record, and many files end with some.
        if (record.length > 1 || record[0] !== '') visit(record, place);
        return null;
      },
    });
  } catch (thrown) {
    if (thrown instanceof CairnError) throw thrown;
    const { code } = thrown as { readonly code?: unknown };
    if (typeof code !== 'string') throw thrown;
    throw fault(file, { row: row + 1, line: end + 1 }, reason(code), QUOTES);
  }
}
