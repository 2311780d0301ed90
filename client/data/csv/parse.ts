import { CairnError } from '../../../protocol/errors.ts';
import type { Dataset } from '../dataset.ts';
import { checkOptions } from './check.ts';
import { fault, type Place } from './fault.ts';
import { fieldReaders } from './fields.ts';
import { fits, type Header, type HeaderContext, readHeader } from './header.ts';
import type { CsvOptions } from './options.ts';
import { decodeText } from './text.ts';

/** A table as examples: what the engine trains on, with the names of its features. */
export interface CsvTable extends Dataset {
  /** Name of each of an example's values, in their order: a column's, or `column=value` of a category. */
  readonly features: readonly string[];
  /**
   * The label as a number for each example, where it has no classes; `labels` is empty then and `classes` 0, and the
   * built-in engine, which trains classifiers, refuses it.
   */
  readonly targets?: Float32Array;
}

/** The part of the library csv-parse that is used: fields as text and nothing made of them. */
export type RecordParser = (text: string, options: ParserOptions) => unknown;

interface ParserOptions {
  readonly delimiter: string;
  readonly record_delimiter: string[];
  readonly relax_column_count: boolean;
  readonly trim: boolean;
  readonly to?: number;
  readonly on_record: (record: string[], context: { readonly lines: number }) => null;
}

const SEPARATORS = [',', ';', '\t'] as const;
const NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };

/** Enough for any header: where a separator is found out by the first record, no more is read. */
const HEAD = 2 ** 20;

/** What csv-parse says of quotes that do not fit, in our words: its own show fields. */
function reason(code: unknown): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed';
  if (code === 'INVALID_OPENING_QUOTE') return 'a quote stands within a field that does not begin with one';
  if (code === 'CSV_INVALID_CLOSING_QUOTE' || code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE')
    return 'something follows a closed quote before the field ends';
  return 'it cannot be parsed';
}

const QUOTES = 'write a field with a quote as "…""…"';

type Visit = (record: readonly string[], place: Place) => void;

/** Runs the library over a text; the last record's end says where the next one begins. */
function records(parser: RecordParser, text: string, separator: string, file: string, visit: Visit, to?: number): void {
  let end = 0;
  let row = 0;
  try {
    parser(text, {
      delimiter: separator,
      record_delimiter: ['\r\n', '\n', '\r'],
      // A row of another length is refused below, by its number.
      relax_column_count: true,
      trim: true,
      ...(to === undefined ? {} : { to }),
      on_record(record, { lines }) {
        const place = { row: row + 1, line: end + 1 };
        end = lines;
        row++;
        // A line without anything is no record, and many files end with some.
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

/** The one separator by which the first record has the columns. */
function separatorOf(parser: RecordParser, text: string, context: HeaderContext): string {
  const { options, file } = context;
  if (options.separator !== undefined) return options.separator;
  let widest = { separator: ',', fields: 0 };
  const fitting = SEPARATORS.filter((separator) => {
    let fit = false;
    let first = true;
    try {
      const visit: Visit = (record) => {
        if (!first) return;
        first = false;
        fit = fits(record, context);
        if (record.length > widest.fields) widest = { separator, fields: record.length };
      };
      records(parser, text.slice(0, HEAD), separator, file, visit, 100);
    } catch {
      // By another separator the quotes may be sound; if by none, the reading itself says where they are not.
    }
    return fit;
  });
  if (fitting.length > 1) {
    throw fault(
      file,
      undefined,
      `its fields may be parted by ${fitting.map((separator) => NAMES[separator]).join(' or ')}`,
      'say which: separator: ",", ";" or "\\t"',
    );
  }
  return fitting.at(0) ?? widest.separator;
}

/** Numbers of unknown count, in memory that grows by doubling. */
class Growing {
  #values = new Float32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  take(): Float32Array {
    return this.#values.slice(0, this.#length);
  }
}

/**
 * Reads a table whole, or refuses it.
 * @param parser csv-parse, as the platform has it
 * @throws CairnError `config-invalid`, `config-unknown-key` for options that cannot be; `data-empty` without rows;
 * `data-malformed` with file, row and column
 */
export async function parseTable(
  load: () => Promise<RecordParser>,
  source: string | Uint8Array | Blob,
  options: CsvOptions,
): Promise<CsvTable> {
  checkOptions(options);
  const readers = fieldReaders(options);
  const file = options.name ?? (source instanceof Blob && 'name' in source ? String(source.name) : 'the table');
  const text = await decodeText(source, options.encoding, file);
  const context: HeaderContext = { file, options, readers };
  const parser = await load();
  const separator = separatorOf(parser, text, context);
  let header: Header | undefined = options.header && readHeader(options.header, undefined, context);
  const inputs = new Growing();
  const labels = new Growing();
  const putInput = (value: number): void => inputs.push(value);
  const putLabel = (value: number): void => labels.push(value);
  let examples = 0;
  records(parser, text, separator, file, (record, place) => {
    if (header === undefined) {
      header = readHeader(record, place, context);
      return;
    }
    const { width, used } = header;
    if (record.length !== width) {
      throw fault(
        file,
        place,
        `expected ${width} fields, but there are ${record.length}`,
        `fields are parted by a ${NAMES[separator]}; a field that holds one must be in quotes`,
      );
    }
    for (const { reader, at } of used) {
      const wrong = reader.read(record[at], reader.label ? putLabel : putInput);
      if (wrong !== undefined) throw fault(file, { ...place, column: reader.name }, wrong.found, wrong.hint);
    }
    examples++;
  });
  if (examples === 0) throw new CairnError('data-empty', `${file}: there are no rows of data in it`);
  return tableOf(readers, examples, inputs.take(), labels.take());
}

function tableOf(
  readers: HeaderContext['readers'],
  examples: number,
  inputs: Float32Array,
  labels: Float32Array,
): CsvTable {
  const features = readers.flatMap((reader) => reader.features);
  const { classes } = readers.find(({ label }) => label)!;
  return {
    ...{ inputs, examples, features, classes, inputSize: features.length, inputShape: [features.length] },
    ...(classes > 0 ? { labels: Uint8Array.from(labels) } : { labels: new Uint8Array(0), targets: labels }),
  };
}
