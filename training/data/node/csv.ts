import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CairnError } from '../../../protocol/errors.ts';
import type { CsvOptions } from '../csv/options.ts';
import { type CsvTable, parseTable } from '../csv/parse.ts';
import type { RecordParser } from '../csv/records.ts';
import { parseRows } from '../csv/rows.ts';

/** Loaded only when a table is read. */
const load = async (): Promise<RecordParser> => (await import('csv-parse/sync')).parse;

/** Node's codes in words. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
};

/**
 * Reads a table of numbers alone, such as one that a model is asked about; a header is skipped.
 * @param width values of a row
 * @param name the file's, for messages
 * @returns rows × width values
 * @throws CairnError `data-empty`, `data-malformed` with file, row and column
 */
export function parseNumbers(source: Uint8Array, width: number, name: string): Promise<Float32Array> {
  return parseRows(load, source, width, name);
}

/**
 * Reads a table that is in memory: see {@link loadCsv}.
 * @throws CairnError as {@link loadCsv} does, except `data-missing`
 */
export function parseCsv(source: string | Uint8Array | Blob, options: CsvOptions): Promise<CsvTable> {
  return parseTable(load, source, options);
}

/**
 * Loads a table of comma-separated values (or semicolons, or tabs) as examples for training. The options say what each
 * column contains; nothing is guessed from the data: an empty field is never 0, an unexpected value is refused, and so
 * is a row with a different number of fields than the first. A table is read as a whole or not at all.
 * @param file its path or `file:` URL; relative paths are resolved from the working directory
 * @returns examples × features, the features in the order of `options.columns`
 * @throws CairnError `data-missing` if the file cannot be read, `data-empty` if it has no rows, `data-malformed` with
 * file, row and column; `config-invalid`, `config-unknown-key` for invalid options
 */
export async function loadCsv(file: string | URL, options: CsvOptions): Promise<CsvTable> {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CairnError(
      'data-missing',
      `${path} cannot be read${code === undefined ? '' : `: ${WHY[code] ?? code}`}`,
      {
        hint: `check the path and the file’s permissions; relative paths are resolved from ${process.cwd()}`,
        cause,
      },
    );
  }
  return parseCsv(bytes, { name: path, ...options });
}
