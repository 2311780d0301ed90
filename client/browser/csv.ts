import { type CsvOptions, type CsvTable, parseTable, type RecordParser } from '../../training/data/index.ts';

/** The same library as in Node, built without Node's Buffer. */
const load = async (): Promise<RecordParser> => (await import('csv-parse/browser/esm/sync')).parse;

/**
 * Reads a table of comma-separated values (or semicolons, or tabs) as examples for training, such as a file that a user
 * chose. The options say what each column contains; nothing is guessed from the data.
 * @returns examples × features, the features in the order of `options.columns`
 * @throws CairnError `data-empty` if the table has no rows, `data-malformed` with file, row and column;
 * `config-invalid`, `config-unknown-key` for invalid options
 */
export function parseCsv(source: string | Uint8Array | Blob, options: CsvOptions): Promise<CsvTable> {
  return parseTable(load, source, options);
}
