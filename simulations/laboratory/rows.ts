/** A value that JSON, CSV and a chart's axis can all hold. NaN and infinities are refused when a row is recorded. */
export type Scalar = string | number | boolean | null;

/** One line of a series: flat, so that it is a line of JSON and of CSV alike. Declare rows as type aliases. */
export type Row = Readonly<Record<string, Scalar>>;

/** JSON as a summary holds it. */
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

/**
 * A named list of rows that a run records one by one. `results` depend on settings and seed alone: the same run on
 * another machine, or on more threads, gives the same bytes. `timings` hold what a clock or a meter said.
 */
export class Series<R extends Row> {
  /** Kebab-case: the file in the run folder is data/NAME.jsonl. */
  readonly name: string;
  readonly kind: 'results' | 'timings';
  /** Only for the compiler: what the rows are. */
  declare readonly row: R;

  constructor(name: string, kind: 'results' | 'timings' = 'results') {
    this.name = name;
    this.kind = kind;
  }
}
