import { fault } from './fault.ts';
import { fits, type HeaderContext } from './header.ts';
import { type RecordParser, records } from './records.ts';

const SEPARATORS = [',', ';', '\t'] as const;

/** What fields may be parted by, in words. */
export const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };

/** Enough for any header: where a separator is found out by the first record, no more is read. */
const HEAD = 2 ** 20;
const HEAD_RECORDS = 100;

/** The first record that is not empty, as a separator parts it; undefined where it cannot be read so. */
function firstRecord(
  parser: RecordParser,
  text: string,
  separator: string,
  file: string,
): readonly string[] | undefined {
  const found: (readonly string[])[] = [];
  try {
    records(parser, text.slice(0, HEAD), separator, file, (record) => found.push(record), HEAD_RECORDS);
  } catch {
    // By another separator the quotes may be sound; if by none, the reading itself says where they are not.
  }
  return found.at(0);
}

/**
 * The separator that is told, or else the one of the three by which the first record has the columns; where none does, the
 * one that gives the widest record, so that the error to come speaks of names.
 * @throws CairnError `data-malformed` where more than one does
 */
export function separatorOf(parser: RecordParser, text: string, context: HeaderContext): string {
  const { options, file } = context;
  if (options.separator !== undefined) return options.separator;
  const tried = SEPARATORS.map((separator) => ({
    separator,
    record: firstRecord(parser, text, separator, file) ?? [],
  }));
  const fitting = tried.filter(({ record }) => fits(record, context));
  if (fitting.length > 1) {
    throw fault(
      file,
      undefined,
      `its fields may be parted by ${fitting.map(({ separator }) => SEPARATOR_NAMES[separator]).join(' or ')}`,
      'say which: separator: ",", ";" or "\\t"',
    );
  }
  const widest = tried.reduce((a, b) => (b.record.length > a.record.length ? b : a));
  return (fitting.at(0) ?? widest).separator;
}
