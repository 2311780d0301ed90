import type { NumberFormat } from './number.ts';

/**
 * What a column holds. Nothing is learned from the file, since every owner must make the same features of its own: orders,
 * means and fills are given, and are the same for all.
 */
export type CsvColumn =
  /** One feature, as it stands in the file. */
  | 'number'
  /** Nothing: the column is left out. */
  | 'ignore'
  /** One feature: (value − mean) / std. `mean` is 0 and `std` 1 where they are not given; `fill` is for a missing value, before that. */
  | { readonly type: 'number'; readonly mean?: number; readonly std?: number; readonly fill?: number }
  /** One feature for each value, in this order, of which one is 1 (one-hot); `fill` is one of the values. */
  | { readonly type: 'category'; readonly values: readonly (string | number)[]; readonly fill?: string | number }
  /** What is to be predicted: with `values` (2 to 256) their index as the class, without them a number. */
  | { readonly type: 'label'; readonly values?: readonly (string | number)[] };

/** How a table is to be read, and what its columns mean. */
export interface CsvOptions extends NumberFormat {
  /**
   * Column by name, as in the header. The order in which they are named here is that of the features, whatever the order
   * in the file; names that are integers come first, as JavaScript orders them. Exactly one is a label.
   */
  readonly columns: Readonly<Record<string, CsvColumn>>;
  /** What becomes of columns that `columns` does not name. Default `refuse`. */
  readonly others?: 'refuse' | 'ignore';
  /** Names of the columns where the file has no header row. Default: its first row has them. */
  readonly header?: readonly string[];
  /** What parts fields. Default: whichever of the three gives a first row that fits the columns. */
  readonly separator?: ',' | ';' | '\t';
  /** Texts that mean a missing value, beside the empty field. A missing value is refused, or filled by `fill`. */
  readonly missing?: readonly string[];
  /** How bytes are text: a name that `TextDecoder` knows, such as `windows-1252`. Default `utf-8`. */
  readonly encoding?: string;
  /** What errors call the table. Default: the file's path or name. */
  readonly name?: string;
}
