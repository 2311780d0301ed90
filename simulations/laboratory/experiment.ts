import type { z } from 'zod';
import type { Block } from '../report/blocks.ts';
import type { Laboratory } from './laboratory.ts';
import type { Results } from './results.ts';
import type { JsonObject } from './rows.ts';

/** The parameters of an experiment: a flat zod object whose every key has a default and a description. */
export type Parameters = z.ZodObject;

/** One heading of a report and what stands under it. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
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
  /** Whether images of MNIST are needed: a run without them ends before it begins, with the command that installs them. */
  readonly needsMnist?: boolean;
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
