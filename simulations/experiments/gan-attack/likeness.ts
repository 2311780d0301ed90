import { mean } from '../../laboratory/statistics.ts';
import { SIDE } from '../../models/mnist.ts';
import { BLACK, WHITE } from './networks.ts';
import { nearest } from './nearest.ts';
import { ssim } from './ssim.ts';

/** How near samples come to a set of real images: means over the samples. */
interface Likeness {
  /** Euclidean distance to the nearest image of the set; pixels from 0 to 1. */
  readonly distance: number;
  /** Structural similarity to that image. */
  readonly ssim: number;
}

/** How near samples come to what the victim trained on, and to as many images of the class that nobody trained on. */
export interface Comparison {
  readonly victim: Likeness;
  readonly heldOut: Likeness;
  /** Share of the samples whose nearest image is one of the victim's; half, where its images are nothing special. */
  readonly nearerToVictim: number;
}

interface Found {
  readonly distance: number;
  readonly ssim: number;
}

function find(sample: Float32Array, images: Float32Array): Found {
  const { index, distance } = nearest(sample, images);
  const image = images.subarray(index * sample.length, (index + 1) * sample.length);
  return { distance: distance / (WHITE - BLACK), ssim: ssim(sample, image, SIDE, WHITE - BLACK) };
}

function average(found: readonly Found[]): Likeness {
  return { distance: mean(found.map((each) => each.distance)), ssim: mean(found.map((each) => each.ssim)) };
}

/**
 * Compares samples with two sets of equally many images of the target. A generator that had learnt the victim's records
 * would come nearer to these than to the others.
 * @param samples - one after the other, SIDE² values each; at least one
 */
export function compare(samples: Float32Array, victim: Float32Array, heldOut: Float32Array): Comparison {
  const size = SIDE * SIDE;
  const each = Array.from({ length: samples.length / size }, (_, i) => samples.subarray(i * size, (i + 1) * size));
  const toVictim = each.map((sample) => find(sample, victim));
  const toHeldOut = each.map((sample) => find(sample, heldOut));
  const nearer = toVictim.filter(({ distance }, i) => distance < toHeldOut[i]!.distance).length;
  return { victim: average(toVictim), heldOut: average(toHeldOut), nearerToVictim: nearer / each.length };
}
