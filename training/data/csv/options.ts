import type { NumberFormat } from './number.ts';

/**
 * The content of a column. Nothing is learned from the file, since every owner must derive the same features from its
 * own: orders, means and fills are given, and are the same for all.
 */
export type CsvColumn =
  /** One feature, unchanged. */
  | 'number'
  /** Nothing: the column is left out. */
  | 'ignore'
  /**
   * One feature: (value − mean) / std. `mean` is 0 and `std` 1 by default; `fill` replaces a missing value before that.
   */
  | { readonly type: 'number'; readonly mean?: number; readonly std?: number; readonly fill?: number }
  /** One feature per value, in this order, one of which is 1 (one-hot); `fill` is one of the values. */
  | { readonly type: 'category'; readonly values: readonly (string | number)[]; readonly fill?: string | number }
  /** The target: with `values` (2 to 256) their index is the class, without them it is a number. */
  | { readonly type: 'label'; readonly values?: readonly (string | number)[] };

/** How to read a table, and what its columns mean. */
export interface CsvOptions extends NumberFormat {
  /**
   * Column by name, as in the header. Their order here is that of the features, whatever the order in the file; integer
   * names come first, as JavaScript orders them. Exactly one is a label.
   */
  readonly columns: Readonly<Record<string, CsvColumn>>;
  /** What to do with columns that `columns` does not name. Default `refuse`. */
  readonly others?: 'refuse' | 'ignore';
  /** Names of the columns if the file has no header row. Default: taken from its first row. */
  readonly header?: readonly string[];
  /** The field separator. Default: whichever of the three gives a first row that fits the columns. */
  readonly separator?: ',' | ';' | '\t';
  /** Texts that mean a missing value, besides the empty field. A missing value is refused, or filled by `fill`. */
  readonly missing?: readonly string[];
  /** Character encoding: a name that `TextDecoder` knows, such as `windows-1252`. Default `utf-8`. */
  readonly encoding?: string;
  /** What errors call the table. Default: the file's path or name. */
  readonly name?: string;
}
