import { CairnError } from '../../../protocol/errors.ts';
import { fault } from './fault.ts';
import { numberReader } from './number.ts';
import { type RecordParser, records } from './records.ts';
import { SEPARATOR_NAMES } from './separator.ts';
import { decodeText } from './text.ts';

const EMPTY = 'an empty field is never 0: complete the row, as was done for training';

/**
 * Reads a table of numbers alone, without labels: what a model is asked about. A first row in which no field is a number
 * is a header, and is skipped.
 * @param width values of a row
 * @param name the file's, for messages
 * @returns rows × width values
 * @throws CairnError `data-empty` without rows; `data-malformed` with file, row and column for a row of another width or
 * a field that is not a number
 */
export async function parseRows(
  load: () => Promise<RecordParser>,
  source: Uint8Array,
  width: number,
  name: string,
): Promise<Float32Array> {
  const text = await decodeText(source, undefined, name);
  const separator = separatorFor(text, width);
  const read = numberReader({});
  const values: number[] = [];
  let first = true;
  let names: readonly string[] = [];
  records(await load(), text, separator, name, (record, place) => {
    const isHeader = first && record.every((field) => typeof read(field) !== 'number');
    first = false;
    if (record.length !== width) {
      const expected = `expected ${width} fields, one for each value of the model’s input, but there are ${record.length}`;
      throw fault(name, place, expected, `leave labels and ids out; fields are separated by a comma, semicolon or tab`);
    }
    if (isHeader) {
      names = record.map((field) => field.trim());
      return;
    }
    for (const [at, field] of record.entries()) {
      const value = read(field);
      if (typeof value !== 'number') {
        const column = names[at] || String(at + 1);
        const hint = record[at]!.trim() === '' ? EMPTY : value.hint;
        throw fault(name, { ...place, column }, `expected a number, but ${value.found}`, hint);
      }
      values.push(Math.fround(value));
    }
  });
  if (values.length === 0) {
    throw new CairnError('data-empty', `${name}: it has no rows of data`, { hint: 'write one row for each question' });
  }
  return Float32Array.from(values);
}

/** The separator that splits the first line into that many fields; a comma if none does, so that the message says so. */
function separatorFor(text: string, width: number): string {
  const line = text.slice(0, 2 ** 22).split(/\r\n|\n|\r/, 1)[0]!;
  return Object.keys(SEPARATOR_NAMES).find((separator) => line.split(separator).length === width) ?? ',';
}
