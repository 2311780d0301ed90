import type { z } from 'zod';
import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import type { Section } from '../report/blocks.ts';
import type { JsonObject, Row, Series } from './series.ts';
import type { WorkerTask } from './worker.ts';

/**
 * All that a run has recorded, in order: what summaries and reports are made of, of a whole run as of one that was
 * stopped half way.
 */
export interface Results<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean;
  /** The rows of a series, in the order in which they were recorded; empty where there is none yet. */
  rows<R extends Row>(series: Series<R>): readonly R[];
  /** Names of the images recorded, without folder and extension, in order. */
  readonly images: readonly string[];
}

/** What an experiment's run works with. */
export interface Laboratory<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  /** Aborted by Ctrl-C. What was recorded until then is kept. */
  readonly signal: AbortSignal;
  readonly primitives: Primitives;
  /** Worker threads that {@link call} spreads tasks over; results never depend on it. */
  readonly threads: number;
  /** What was recorded so far, by this run and by the one that it resumes. */
  readonly results: Results<Settings>;
  /** An integer below 2^53 that depends on the run's seed and the label alone. */
  seedOf(label: string): number;
  /** A stream of bytes, such as sessions take, that depends on the run's seed and the label alone. */
  randomOf(label: string): RandomSource;
  /**
   * Runs a task in a worker thread, or in this one where there are none. Typed arrays in shared memory are handed over
   * without a copy.
   * @throws what the task throws; the signal's reason when aborted
   */
  call<In, Out>(task: WorkerTask<In, Out>, input: In): Promise<Out>;
  /** Records a row. @throws CairnError `internal` for a value that is not finite, or no scalar */
  record<R extends Row>(series: Series<R>, row: R): void;
  /** Records a picture: images/NAME.png. Recorded again, it takes the place of the first. */
  image(name: string, png: Uint8Array): void;
  /** Something large to go on from when a run is resumed: a model between two epochs, say. Written as a whole or not at all. */
  checkpoint(name: string, bytes: Uint8Array): Promise<void>;
  /** What {@link checkpoint} wrote last; undefined where there is none. */
  restore(name: string): Promise<Uint8Array | undefined>;
  /** Says how much work there is in all, in units of the experiment's own; may be called again when it turns out otherwise. */
  plan(units: number): void;
  /** Says that units of work are done, and what is being done, for the progress bar. */
  advance(units: number, doing?: string): void;
}

/** The parameters of an experiment: a flat zod object whose every key has a default and a description. */
export type Parameters = z.ZodObject;

/** A method, so that experiments of all parameters are of one type. */
interface MnistNeed<Settings> {
  of(settings: Settings): boolean;
}

/**
 * An experiment: what it is asked, how it runs, and what is made of the rows it records. It is one file, whatever it
 * imports; the engine knows nothing of any. `docs/experiments.md` writes one from nothing.
 */
export interface Experiment<P extends Parameters = Parameters> {
  /** Kebab-case, as on the command line. */
  readonly name: string;
  /** One line for the list of experiments. */
  readonly title: string;
  readonly parameters: P;
  /** What `--preset` sets; a key given on the command line goes first. An empty one is the defaults. */
  readonly presets: { readonly quick: Partial<z.output<P>>; readonly paper: Partial<z.output<P>> };
  /**
   * Whether images of MNIST are needed, always or with some settings: a run without them ends before it begins, with the
   * command that installs them.
   */
  readonly needsMnist?: boolean | MnistNeed<z.output<P>>['of'];
  /** Seconds that these settings take on two cores, roughly. */
  estimate(settings: z.output<P>): number;
  /** Refuses settings that cannot work together. @throws CairnError `settings-invalid` naming the bound */
  check?(settings: z.output<P>): void;
  /**
   * Records rows and images. Where a run is resumed, what was recorded before is there already (`lab.results`), and
   * the experiment goes on behind it. It looks at `lab.signal` between its steps.
   */
  run(lab: Laboratory<z.output<P>>): Promise<void>;
  /** What `summary.json` holds: a pure function of results, none of timings. */
  summarise(results: Results<z.output<P>>): JsonObject;
  /** Figures of clocks and meters for `timings.json` and `--json`: a pure function of rows of either kind. */
  measure?(results: Results<z.output<P>>): JsonObject;
  /** What `report.html` shows: a pure function of rows of either kind. */
  report(results: Results<z.output<P>>): readonly Section[];
}

/** Declares an experiment, so that its settings have the types that its parameters give. */
export function defineExperiment<P extends Parameters>(experiment: Experiment<P>): Experiment<P> {
  return experiment;
}
