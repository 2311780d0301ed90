import { fault } from './fault.ts';
import { fits, type HeaderContext } from './header.ts';
import { type RecordParser, records } from './records.ts';

const SEPARATORS = [',', ';', '\t'] as const;

/** Names of the field separators. */
export const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab' };

/** Enough for any header: to detect a separator from the first record, no more is read. */
const HEAD = 2 ** 20;
const HEAD_RECORDS = 100;

/** The first non-empty record, split by a separator; undefined if it cannot be read that way. */
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
    // With another separator the quotes may be valid; if with none, reading the table reports where they are not.
  }
  return found.at(0);
}

/**
 * The given separator, or else the one of the three with which the first record has the columns; if none does, the one
 * that gives the widest record, so that the resulting error is about names.
 * @throws CairnError `data-malformed` if more than one does
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
      `its fields may be separated by ${fitting.map(({ separator }) => SEPARATOR_NAMES[separator]).join(' or ')}`,
      'say which: separator: ",", ";" or "\\t"',
    );
  }
  const widest = tried.reduce((a, b) => (b.record.length > a.record.length ? b : a));
  return (fitting.at(0) ?? widest).separator;
}
