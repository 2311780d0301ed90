import { CairnError } from '../../../protocol/errors.ts';
import type { Dataset } from '../dataset.ts';
import { checkOptions } from './check.ts';
import { fault } from './fault.ts';
import { fieldReaders } from './fields.ts';
import { type Header, type HeaderContext, readHeader } from './header.ts';
import type { CsvOptions } from './options.ts';
import { type RecordParser, records } from './records.ts';
import { SEPARATOR_NAMES, separatorOf } from './separator.ts';
import { decodeText } from './text.ts';

/** A table as examples that the engine trains on, with the names of its features. */
export interface CsvTable extends Dataset {
  /** Names of an example's values, in order: a column's name, or `column=value` of a category. */
  readonly features: readonly string[];
  /**
   * The label as a number for each example, if the label has no classes; `labels` is empty then and `classes` 0, and
   * the built-in engine, which trains classifiers, refuses it.
   */
  readonly targets?: Float32Array;
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
 * Reads a whole table, or refuses it.
 * @param load loads the platform's build of the library
 * @throws CairnError `config-invalid`, `config-unknown-key` for invalid options; `data-empty` without rows;
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
        `fields are separated by a ${SEPARATOR_NAMES[separator]}; a field that contains one must be in quotes`,
      );
    }
    for (const { reader, at } of used) {
      const wrong = reader.read(record[at]!, reader.label ? putLabel : putInput);
      if (wrong !== undefined) throw fault(file, { ...place, column: reader.name }, wrong.found, wrong.hint);
    }
    examples++;
  });
  if (examples === 0) throw new CairnError('data-empty', `${file}: it has no rows of data`);
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
