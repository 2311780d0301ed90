import type { Progress } from './progress.ts';
import type { Preset } from './settings.ts';

/** How a run is started. */
export interface RunOptions {
  /** An integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** Where the run's folder is made. */
  readonly out: string;
  /** The folder of a run of the same experiment, settings and seed that was stopped: it is gone on with, in place. */
  readonly resume?: string;
  /** Path of the module that holds the experiment, for the record; none for those that come with Cairn. */
  readonly module?: string;
  /** The preset that the settings began with, for the record. */
  readonly preset?: Preset;
  /** Worker threads; by default as many as there are cores. Results do not depend on it. */
  readonly threads?: number;
  /** Stops the run; what was recorded is kept and reported. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Told once the folder is there, before anything runs. */
  readonly onFolder?: (path: string) => void;
}
