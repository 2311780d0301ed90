import { SIDE } from '../../models/mnist.ts';
import type { Images } from './data.ts';
import { heldOutImages, victimImages } from './federation.ts';
import type { Lab } from './lab.ts';
import { compare } from './likeness.ts';
import { reals } from './series.ts';

/** Images of the target: what the victim trains on, and as many that nobody does. */
export interface References {
  readonly victim: Float32Array;
  readonly heldOut: Float32Array;
}

/** What a repetition draws everything from. */
export function seedOfRepetition(lab: Lab, repetition: number): number {
  return lab.seedOf(`repetition ${repetition}`);
}

/** The images that samples of a repetition are held against. */
export function referencesOf(lab: Lab, images: Images, repetition: number): References {
  const { target, imagesPerClass } = lab.settings;
  const seed = seedOfRepetition(lab, repetition);
  return {
    victim: victimImages(images, target, imagesPerClass, seed).inputs,
    heldOut: heldOutImages(images, target, imagesPerClass, seed).inputs,
  };
}

/** Records how near held-out images come to the victim's. */
export function recordReal(lab: Lab, images: Images, repetition: number): void {
  if (lab.results.rows(reals).some((row) => row.repetition === repetition)) return;
  const { victim, heldOut } = referencesOf(lab, images, repetition);
  const { distance, ssim } = compare(heldOut, victim, victim).victim;
  lab.record(reals, { repetition, images: heldOut.length / (SIDE * SIDE), distance, ssim });
}
