import { CairnError } from '../../protocol/errors.ts';
import type { Results } from './experiment.ts';
import type { LabFolder } from './folder.ts';
import type { Row, Series } from './series.ts';

/** The rows and images of one run, in memory and in its folder. */
export class Records<Settings> implements Results<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  interrupted = false;
  readonly #folder: LabFolder;
  readonly #rows: Map<string, Row[]>;
  readonly #images: Set<string>;

  private constructor(settings: Settings, seed: number, folder: LabFolder, rows: Map<string, Row[]>) {
    this.settings = settings;
    this.seed = seed;
    this.#folder = folder;
    this.#rows = rows;
    this.#images = new Set(folder.images());
  }

  /**
   * The records of a run: if it is resumed, they begin with what its folder already holds.
   * @throws CairnError `config-unreadable` naming file and line of what is not a row
   */
  static async open<Settings>(settings: Settings, seed: number, folder: LabFolder): Promise<Records<Settings>> {
    return new Records(settings, seed, folder, await folder.rows());
  }

  get images(): readonly string[] {
    return [...this.#images];
  }

  /** Names of all series, in the order in which they were first recorded. */
  get series(): readonly string[] {
    return [...this.#rows.keys()];
  }

  rows<R extends Row>(series: Series<R>): readonly R[] {
    return (this.#rows.get(series.name) ?? []) as R[];
  }

  /** The rows of a series by its name alone. */
  named(series: string): readonly Row[] {
    return this.#rows.get(series) ?? [];
  }

  record(series: Series<Row>, row: Row): void {
    for (const [key, value] of Object.entries(row)) {
      if (!isScalar(value)) {
        const came = typeof value === 'number' ? String(value) : `a value of type ${typeof value}`;
        throw new CairnError('internal', `a row of ${series.name} has ${came} at "${key}"`, {
          hint: 'have the experiment record only strings, finite numbers, booleans and null',
        });
      }
    }
    this.#folder.row(series.name, row);
    const rows = this.#rows.get(series.name);
    if (rows === undefined) this.#rows.set(series.name, [row]);
    else rows.push(row);
  }

  image(name: string, png: Uint8Array): void {
    this.#folder.image(name, png);
    this.#images.add(name);
  }
}

/** An experiment in plain JavaScript is not type-checked. */
function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}
