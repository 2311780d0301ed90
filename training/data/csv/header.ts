import type { CairnError } from '../../../protocol/errors.ts';
import { didYouMean } from '../../../protocol/suggest.ts';
import { fault, type Place } from './fault.ts';
import type { FieldReader } from './fields.ts';
import type { CsvOptions } from './options.ts';

/** Where a record's columns are. */
export interface Header {
  /** Number of fields of every record. */
  readonly width: number;
  /** The columns in use, each with its place in a record. */
  readonly used: readonly { readonly reader: FieldReader; readonly at: number }[];
}

/** What the header must contain, and how messages name it. */
export interface HeaderContext {
  readonly file: string;
  readonly options: CsvOptions;
  readonly readers: readonly FieldReader[];
}

/** A number, which is hardly ever a column name. */
const NUMBER = /^[+-]?[\d.,]+(?:e[+-]?\d+)?$/i;

/** An error about names would quote them; here they may be personal data. */
function headless(file: string, place: Place): CairnError {
  return fault(
    file,
    place,
    'expected the names of the columns, but there are numbers',
    'add a header row, or give the names: header: ["…", …]',
  );
}

/**
 * Finds the columns by their names.
 * @param names the first row's fields, or the given names
 * @param place the header row's; undefined if the names were given
 * @throws CairnError `data-malformed` if a name is repeated, missing, or unknown
 */
export function readHeader(names: readonly string[], place: Place | undefined, context: HeaderContext): Header {
  const { file, options, readers } = context;
  const trimmed = names.map((name) => name.trim());
  const twice = trimmed.find((name, i) => name !== '' && trimmed.indexOf(name) < i);
  if (twice !== undefined) {
    throw fault(file, place, `two columns are named "${twice}"`, 'rename or remove one of them');
  }
  const used = readers.map((reader) => {
    const at = trimmed.indexOf(reader.name);
    if (at >= 0) return { reader, at };
    if (place !== undefined && trimmed.some((name) => NUMBER.test(name))) throw headless(file, place);
    throw fault(
      file,
      place,
      `there is no column "${reader.name}" among ${trimmed.length}; ${didYouMean(reader.name, trimmed)}`,
      place === undefined
        ? 'name it in header, or remove it from columns'
        : 'correct the name; if the file has no header row, give the names: header: ["…", …]',
    );
  });
  const extra = trimmed.find((name) => !Object.hasOwn(options.columns, name));
  if (extra !== undefined && options.others !== 'ignore') {
    throw fault(
      file,
      place,
      `the column "${extra}" is not among those that the options name`,
      'say what it contains, or "ignore"; others: "ignore" leaves out all that are not named',
    );
  }
  return { width: trimmed.length, used };
}

/** Whether a first record has the columns, which means that its separator is right. */
export function fits(record: readonly string[], { options, readers }: HeaderContext): boolean {
  if (options.header !== undefined) return record.length === options.header.length;
  const names = new Set(record.map((name) => name.trim()));
  return readers.every(({ name }) => names.has(name));
}
