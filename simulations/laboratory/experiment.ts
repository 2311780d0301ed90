import type { z } from 'zod';
import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import type { Section } from '../report/blocks.ts';
import type { JsonObject, Row, Series } from './series.ts';
import type { WorkerTask } from './worker.ts';

/**
 * All that a run has recorded, in order: what summaries and reports are made from, whether the run is complete or was
 * stopped early.
 */
export interface Results<Settings> {
  readonly settings: Settings;
  readonly seed: number;
  /** Whether the run was stopped before its end. */
  readonly interrupted: boolean;
  /** The rows of a series, in the order in which they were recorded; empty if there are none yet. */
  rows<R extends Row>(series: Series<R>): readonly R[];
  /** Names of the images recorded, without folder and extension, in order. */
  readonly images: readonly string[];
}

/** What an experiment's `run` works with. */
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
  /** An integer below 2^53 that depends only on the run's seed and the label. */
  seedOf(label: string): number;
  /** A stream of bytes, as sessions take, that depends only on the run's seed and the label. */
  randomOf(label: string): RandomSource;
  /**
   * Runs a task in a worker thread, or in this one if there are none. Typed arrays in shared memory are passed without
   * copying.
   * @throws what the task throws; the signal's reason when aborted
   */
  call<In, Out>(task: WorkerTask<In, Out>, input: In): Promise<Out>;
  /** Records a row. @throws CairnError `internal` for a value that is not finite or not a scalar */
  record<R extends Row>(series: Series<R>, row: R): void;
  /** Records a picture: images/NAME.png. Recorded again, it replaces the first. */
  image(name: string, png: Uint8Array): void;
  /** Stores large state for resuming a run, such as a model between two epochs. Written as a whole or not at all. */
  checkpoint(name: string, bytes: Uint8Array): Promise<void>;
  /** What {@link checkpoint} wrote last; undefined if there is none. */
  restore(name: string): Promise<Uint8Array | undefined>;
  /** Declares the total work, in units that the experiment chooses; may be called again if it turns out otherwise. */
  plan(units: number): void;
  /** Reports units of work done, and what is being done, for the progress bar. */
  advance(units: number, doing?: string): void;
}

/** The parameters of an experiment: a flat zod object whose every key has a default and a description. */
export type Parameters = z.ZodObject;

/** A method, so that experiments with any parameters have one type. */
interface MnistNeed<Settings> {
  of(settings: Settings): boolean;
}

/**
 * An experiment: its parameters, how it runs, and what is made of the rows it records. It is one file, whatever it
 * imports; the engine does not know any experiment. `docs/experiments.md` writes one from scratch.
 */
export interface Experiment<P extends Parameters = Parameters> {
  /** Kebab-case, as on the command line. */
  readonly name: string;
  /** One line for the list of experiments. */
  readonly title: string;
  readonly parameters: P;
  /** What `--preset` sets; a key given on the command line takes precedence. An empty preset means the defaults. */
  readonly presets: { readonly quick: Partial<z.output<P>>; readonly paper: Partial<z.output<P>> };
  /**
   * Whether MNIST images are needed, always or with some settings: without them the run fails before it begins, and
   * names the command that installs them.
   */
  readonly needsMnist?: boolean | MnistNeed<z.output<P>>['of'];
  /** Approximate number of seconds that these settings take on two cores. */
  estimate(settings: z.output<P>): number;
  /** Refuses settings that cannot work together. @throws CairnError `settings-invalid` naming the bound */
  check?(settings: z.output<P>): void;
  /**
   * Records rows and images. If a run is resumed, what was recorded before is available (`lab.results`), and the
   * experiment continues after it. It checks `lab.signal` between its steps.
   */
  run(lab: Laboratory<z.output<P>>): Promise<void>;
  /** What `summary.json` holds: a pure function of results, not of timings. */
  summarise(results: Results<z.output<P>>): JsonObject;
  /** Figures from clocks and meters for `timings.json` and `--json`: a pure function of rows of either kind. */
  measure?(results: Results<z.output<P>>): JsonObject;
  /** What `report.html` shows: a pure function of rows of either kind. */
  report(results: Results<z.output<P>>): readonly Section[];
}

/** Declares an experiment, so that its settings have the types given by its parameters. */
export function defineExperiment<P extends Parameters>(experiment: Experiment<P>): Experiment<P> {
  return experiment;
}
