import {
  argmax,
  compile,
  encodePlan,
  evaluateFixed,
  evaluateFloats,
  type Plan,
  quantise,
  type QuantisedLayer,
} from '../../../inference/index.ts';
import { ring32, ring64, toFixed, type Words } from '../../../protocol/mpc/sharing/index.ts';
import type { Dataset } from '../../../training/data/index.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { servedNetwork } from './networks.ts';
import type { NetworkName, System } from './settings.ts';

/** Images computed at once. */
const CHUNK = 250;

/** A trained network, and what it is tried on. */
interface ClearInput {
  readonly network: NetworkName;
  readonly parameters: Float32Array;
  readonly systems: readonly System[];
  /** Images to choose fixed point by, where bounds of all inputs say too little. */
  readonly calibration: Float32Array;
  /** In shared memory. */
  readonly test: Dataset;
}

/** A network compiled for a system, and the answers that it gives in the clear. */
export interface Compiled {
  readonly system: System;
  /** In the plan's encoding. */
  readonly plan: Uint8Array;
  readonly layers: readonly QuantisedLayer[];
  readonly bits: 32 | 64;
  readonly fraction: number;
  readonly bounds: 'proven' | 'calibrated';
  /** By test image: the class in the plan's fixed point. */
  readonly classes: Uint32Array;
}

/** A network in the clear. */
export interface Clear {
  /** By test image: the class of the network on floats. */
  readonly classes: Uint32Array;
  readonly compiled: readonly Compiled[];
}

/** Computes the classes of all test images in the clear: on floats, and in the fixed point of each system. */
export const computeClear = defineWorkerTask(
  import.meta.url,
  'computeClear',
  ({ network: name, parameters, systems, calibration, test }: ClearInput, signal): Clear => {
    const network = servedNetwork(name, parameters);
    const classes = new Uint32Array(test.examples);
    eachChunk(test, signal, (images, from) => {
      const scores = evaluateFloats(network, images);
      for (let i = 0; i < scores.length / 10; i++) classes[from + i] = argmax(scores.subarray(10 * i, 10 * (i + 1)));
    });
    const compiled = systems.map((system): Compiled => {
      const { plan, bounds } = compile(network, { system, calibration });
      const { bits, fraction } = plan;
      const quantised = quantise(network, plan);
      const fixed = new Uint32Array(test.examples);
      eachChunk(test, signal, (images, from, batch) => {
        const inputs = fixedInputs(plan, images);
        fixed.set(evaluateFixed(plan, quantised, inputs, batch).classes, from);
      });
      return { system, plan: encodePlan(plan), layers: quantised, bits, fraction, bounds, classes: fixed };
    });
    return { classes, compiled };
  },
);

function eachChunk(
  { inputs, inputSize, examples }: Dataset,
  signal: AbortSignal,
  use: (images: Float32Array, from: number, count: number) => void,
): void {
  for (let from = 0; from < examples; from += CHUNK) {
    signal.throwIfAborted();
    const until = Math.min(from + CHUNK, examples);
    use(inputs.subarray(from * inputSize, until * inputSize), from, until - from);
  }
}

/** Images as elements of a plan's ring. */
export function fixedInputs({ bits, fraction }: Plan, images: Float32Array): Words {
  return bits === 32 ? toFixed(ring32, images, fraction) : toFixed(ring64, images, fraction);
}

/** Share of places at which two lists agree, over those of the shorter one. */
export function agreementOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.min(a.length, b.length);
  let equal = 0;
  for (let i = 0; i < length; i++) if (a[i] === b[i]) equal++;
  return equal / length;
}
