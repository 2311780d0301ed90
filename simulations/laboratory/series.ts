import type { Row } from '../report/rows.ts';

export type { Json, JsonObject, Row, Scalar } from '../report/rows.ts';

/**
 * A named list of rows that a run records one by one. `results` depend on settings and seed alone: the same run on
 * another machine, or on more threads, gives the same bytes. `timings` hold readings of clocks or meters.
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

/** Items by key: keys in order of first appearance, the items of a key in their own order. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The last item of each key. */
export function lastOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
