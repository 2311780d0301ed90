import { unsound } from './fault.ts';
import { type NoNumber, numberReader } from './number.ts';
import type { CsvColumn, CsvOptions } from './options.ts';

/** Turns fields of one column into numbers. */
export interface FieldReader {
  /** The column's name. */
  readonly name: string;
  /** Names of the values that a field yields; none for a label. */
  readonly features: readonly string[];
  /** Number of classes of a label that has them, otherwise 0. */
  readonly classes: number;
  /** Whether it is the label. */
  readonly label: boolean;
  /**
   * Appends a field's values, or returns what is wrong with it.
   * @param put receives one value of the row
   */
  read(field: string, put: (value: number) => void): NoNumber | undefined;
}

/** Classes are bytes. */
const MAX_CLASSES = 256;

/** The values of a column as strings, in their order. */
function textsOf(name: string, values: readonly (string | number)[], min: number): readonly string[] {
  const texts = values.map((value) => String(value).trim());
  if (texts.length < min) {
    throw unsound(
      `column "${name}" needs at least ${min} values`,
      'name all values in an order that is the same for all owners: values: ["A", "B"]',
    );
  }
  const twice = texts.find((text, i) => texts.indexOf(text) < i);
  if (twice !== undefined) throw unsound(`column "${name}" names the value "${twice}" twice`);
  return texts;
}

const EMPTY =
  'an empty field is never a value: complete the file, or give the column a "fill" that all owners agree on';

function unknownValue(missing: boolean, count: number): NoNumber {
  return missing
    ? { found: `expected one of the ${count} values, but the value is missing`, hint: EMPTY }
    : {
        found: `the field is not one of the ${count} values that the options name`,
        hint: 'correct the field (case matters), or add the value for all owners: it changes the shape of the model',
      };
}

type Category = Extract<CsvColumn, { type: 'category' }>;
type NumberColumn = Extract<CsvColumn, { type: 'number' }>;
type Missing = (field: string) => boolean;
type ReadNumber = ReturnType<typeof numberReader>;

/** A number was expected, but something else is there. */
const expected = ({ found, hint }: NoNumber): NoNumber => ({
  found: `expected a number, but ${found}`,
  ...(hint === undefined ? {} : { hint }),
});

function numeric(name: string, column: NumberColumn, missing: Missing, parse: ReadNumber): FieldReader {
  const { mean = 0, std = 1, fill } = column;
  return {
    ...{ name, features: [name], classes: 0, label: false },
    read(field, put) {
      const given = missing(field) ? (fill ?? parse('')) : parse(field);
      if (typeof given !== 'number') return expected(given);
      const value = Math.fround((given - mean) / std);
      if (!Number.isFinite(value))
        return expected({ found: 'minus mean and divided by std it is too large for a 32-bit float' });
      put(value);
      return undefined;
    },
  };
}

function oneHot(name: string, column: Category, missing: Missing): FieldReader {
  const texts = textsOf(name, column.values, 1);
  const fill = column.fill === undefined ? undefined : String(column.fill).trim();
  if (fill !== undefined && !texts.includes(fill))
    throw unsound(`column "${name}": fill "${fill}" is not one of its values`);
  return {
    ...{ name, features: texts.map((text) => `${name}=${text}`), classes: 0, label: false },
    read(field, put) {
      const absent = missing(field);
      const place = texts.indexOf(absent ? (fill ?? '') : field.trim());
      if (place < 0 || (absent && fill === undefined)) return unknownValue(absent, texts.length);
      for (let i = 0; i < texts.length; i++) put(i === place ? 1 : 0);
      return undefined;
    },
  };
}

function classLabel(name: string, values: readonly (string | number)[], missing: Missing): FieldReader {
  const texts = textsOf(name, values, 2);
  if (texts.length > MAX_CLASSES)
    throw unsound(`column "${name}" has ${texts.length} classes; at most ${MAX_CLASSES} are possible`);
  return {
    ...{ name, features: [], classes: texts.length, label: true },
    read(field, put) {
      const place = missing(field) ? -1 : texts.indexOf(field.trim());
      if (place >= 0) {
        put(place);
        return undefined;
      }
      const { found, hint } = unknownValue(missing(field), texts.length);
      return { found, hint: missing(field) ? 'a label cannot be filled: leave the row out' : hint! };
    },
  };
}

const CLASSES = 'a label of classes needs their names: values: ["A", "B"], in an order that is the same for all owners';

function numberLabel(name: string, missing: Missing, parse: ReadNumber): FieldReader {
  return {
    ...{ name, features: [], classes: 0, label: true },
    read(field, put) {
      if (missing(field)) return { found: 'the label is missing', hint: 'a label cannot be filled: leave the row out' };
      const value = parse(field);
      if (typeof value !== 'number') return expected({ hint: CLASSES, ...value });
      put(value);
      return undefined;
    },
  };
}

/**
 * The readers of the columns in use, in the order of `columns`.
 * @throws CairnError `config-invalid` for options that contradict themselves or name no label, or two
 */
export function fieldReaders(options: CsvOptions): readonly FieldReader[] {
  const { columns, decimal = '.', thousands, missing: texts = [] } = options;
  if (thousands === decimal) throw unsound(`decimal and thousands are both "${decimal}"`);
  const absent = new Set(['', ...texts.map((text) => text.trim())]);
  const missing: Missing = (field) => absent.has(field.trim());
  const parse = numberReader(options);
  const readers = Object.entries(columns).flatMap(([name, given]): FieldReader[] => {
    const column: Exclude<CsvColumn, 'number'> = given === 'number' ? { type: 'number' } : given;
    if (column === 'ignore') return [];
    switch (column.type) {
      case 'number':
        return [numeric(name, column, missing, parse)];
      case 'category':
        return [oneHot(name, column, missing)];
      case 'label':
        return [
          column.values === undefined ? numberLabel(name, missing, parse) : classLabel(name, column.values, missing),
        ];
    }
  });
  const labels = readers.filter(({ label }) => label);
  if (labels.length !== 1) {
    throw unsound(
      labels.length === 0
        ? 'no column is the label'
        : `${labels.map(({ name }) => `"${name}"`).join(' and ')} are all labels`,
      'give one column { type: "label", values: […] }, in an order that is the same for all owners',
    );
  }
  if (readers.length === 1) throw unsound('no column gives a feature');
  return readers;
}
