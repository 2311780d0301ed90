import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CairnError } from '../../../protocol/errors.ts';
import type { CsvOptions } from '../csv/options.ts';
import { type CsvTable, parseTable } from '../csv/parse.ts';
import type { RecordParser } from '../csv/records.ts';

/** Loaded by who reads a table, and by nobody else. */
const load = async (): Promise<RecordParser> => (await import('csv-parse/sync')).parse;

/**
 * Reads a table that is in memory: see {@link loadCsv}.
 * @throws CairnError as {@link loadCsv} does, except `data-missing`
 */
export function parseCsv(source: string | Uint8Array | Blob, options: CsvOptions): Promise<CsvTable> {
  return parseTable(load, source, options);
}

/**
 * Loads a table of comma-separated values (or semicolons, or tabs) as examples for training. The options say what each
 * column holds; nothing is guessed from the data: an empty field is never 0, a value that is not foreseen is refused, and
 * so is a row with another number of fields than the first. A table is read whole or not at all.
 * @param file its path or `file:` URL; relative paths count from the working directory
 * @returns examples × features, the features in the order of `options.columns`
 * @throws CairnError `data-missing` where the file cannot be read, `data-empty` where it has no rows, `data-malformed`
 * with file, row and column; `config-invalid`, `config-unknown-key` for options that cannot be
 */
export async function loadCsv(file: string | URL, options: CsvOptions): Promise<CsvTable> {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CairnError('data-missing', `${path} cannot be read${code === undefined ? '' : `: ${code}`}`, {
      hint: `check the path, and who may read the file; relative paths count from ${process.cwd()}`,
      cause,
    });
  }
  return parseCsv(bytes, { name: path, ...options });
}
