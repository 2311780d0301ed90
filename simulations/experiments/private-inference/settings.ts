import { z } from 'zod';
import { checkOnce, invalid } from '../../laboratory/settings.ts';
import { count, positive, TRAINING_IMAGES } from '../common/parameters.ts';

/** The systems that are measured. */
const SYSTEMS = ['secureml', 'chameleon'] as const;
/** One of them. */
export type System = (typeof SYSTEMS)[number];

/** The networks, with their activation. */
const NETWORKS = ['a-square', 'a-relu', 'chameleon-relu'] as const;
/** One of them. */
export type NetworkName = (typeof NETWORKS)[number];

/** Rows answered at once at most: what a batch may have. */
const MAX_BATCH = 1024;

/** Parameters of private-inference. */
export const parameters = z.object({
  systems: z
    .array(z.enum(SYSTEMS))
    .min(1)
    .default([...SYSTEMS])
    .describe('systems to measure'),
  networks: z
    .array(z.enum(NETWORKS))
    .min(1)
    .default([...NETWORKS])
    .describe('networks: 784-128-128-10 with square or ReLU, and that of Chameleon’s paper'),
  batches: z.array(count.max(MAX_BATCH)).min(1).default([1, 128]).describe('images answered at once'),
  epochs: count.max(1000).default(3).describe('epochs of each training'),
  batchSize: count.max(1000).default(64).describe('images per step of the training'),
  learningRate: positive.max(1).default(0.002).describe('rate of Adam at the start; it falls linearly'),
  trainImages: count.max(TRAINING_IMAGES).default(TRAINING_IMAGES).describe('images to train on'),
  testImages: count.max(10_000).default(10_000).describe('test images for accuracies, computed in the clear'),
  repeats: count.max(1000).default(20).describe('measured runs of a batch on loopback; the median counts'),
  privateImages: count
    .max(10_000)
    .default(128)
    .describe('images that larger batches answer on loopback at least, for the agreement'),
  roundTripMs: z
    .array(z.number().min(0).max(1000))
    .default([10, 72])
    .describe('round-trip times of shaped lines, in milliseconds; empty for none'),
  megabytesPerSecond: z
    .array(z.number().gt(0).max(10_000))
    .default([50, 9])
    .describe('bandwidth of each shaped line, each way'),
  lineBatches: z.array(count.max(MAX_BATCH)).default([1]).describe('images answered at once on shaped lines'),
  lineRepeats: count.max(1000).default(1).describe('measured runs on shaped lines'),
});

/** The settings of a run. */
export type PrivateInferenceSettings = z.output<typeof parameters>;

/** @throws CairnError `settings-invalid` naming the bound */
export function check(settings: PrivateInferenceSettings): void {
  const { systems, networks, batches, roundTripMs, megabytesPerSecond, lineBatches, testImages } = settings;
  checkOnce({ systems, networks, batches, roundTripMs, lineBatches });
  if (roundTripMs.length !== megabytesPerSecond.length)
    throw invalid(
      `megabytesPerSecond: one for each of the ${roundTripMs.length} round-trip times, got ${megabytesPerSecond.length}`,
    );
  const largest = Math.max(...batches, ...lineBatches);
  if (largest > testImages)
    throw invalid(`testImages: at least the ${largest} images of a batch, got ${testImages}`, 'raise it');
}

/** What two processes are connected by. */
export interface Line {
  /** 0 for loopback as it is. */
  readonly roundTripMs: number;
  /** Each way; null for loopback as it is. */
  readonly megabytesPerSecond: number | null;
}

/** Loopback first, then the shaped lines. */
function linesOf({ roundTripMs, megabytesPerSecond }: PrivateInferenceSettings): Line[] {
  return [
    { roundTripMs: 0, megabytesPerSecond: null },
    ...roundTripMs.map((time, i) => ({ roundTripMs: time, megabytesPerSecond: megabytesPerSecond[i]! })),
  ];
}

/** How often a batch is run. */
interface BatchRuns {
  readonly batch: number;
  /** Runs that count. */
  readonly repeats: number;
  /** Runs before them: compiled code is what is measured. */
  readonly warmUp: number;
}

/** A connection of two processes, on which every batch is measured. */
export interface Case {
  readonly system: System;
  readonly network: NetworkName;
  readonly line: Line;
  readonly batches: readonly BatchRuns[];
}

/** Runs of a larger batch at least: SecureML's circuits for 128 images of Chameleon's network are a gigabyte. */
const MIN_RUNS: Readonly<Record<System, number>> = { secureml: 1, chameleon: 5 };

function runsOf(settings: PrivateInferenceSettings, system: System, { megabytesPerSecond }: Line): BatchRuns[] {
  const { batches, lineBatches, repeats, lineRepeats, privateImages } = settings;
  // Small ones first: a process's peak memory only grows.
  const ascending = (sizes: readonly number[]): number[] => [...sizes].sort((a, b) => a - b);
  if (megabytesPerSecond !== null)
    return ascending(lineBatches).map((batch) => ({ batch, repeats: lineRepeats, warmUp: 1 }));
  return ascending(batches).map((batch) => {
    const wanted = Math.max(Math.min(repeats, MIN_RUNS[system]), Math.ceil(privateImages / batch));
    const runs = batch === 1 ? repeats : wanted;
    return { batch, repeats: runs, warmUp: Math.min(3, runs - 1) };
  });
}

/** Every connection that is measured, in order. */
export function casesOf(settings: PrivateInferenceSettings): Case[] {
  const { systems, networks } = settings;
  const all = linesOf(settings).flatMap((line) =>
    networks.flatMap((network) =>
      systems.map((system): Case => ({ system, network, line, batches: runsOf(settings, system, line) })),
    ),
  );
  return all.filter(({ batches }) => batches.length > 0);
}
