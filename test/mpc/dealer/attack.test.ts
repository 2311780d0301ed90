import { describe, expect, it } from 'vitest';
import {
  corrections,
  correctedSide,
  type LinearDemand,
  seededSide,
  weightMask,
  WeightMasks,
} from '../../../protocol/mpc/dealer/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { ring32 } from '../../../protocol/mpc/sharing/index.ts';
import { MASKS, seed } from './support/pair.ts';

/** One layer of Chameleon: the asker has an input and is seeded, the owner has weights and is corrected. */
const layer: LinearDemand = {
  kind: 'linear',
  form: 'one-sided',
  map: { kind: 'dense', inputs: 6, outputs: 4 },
  batch: 1,
  bits: 32,
  layer: 0,
};

const words = (number: number, count: number): Uint32Array => new Prg(seed(number)).words(count);

/** The asker's message for an input: the input minus its mask. */
function asked(input: Uint32Array, askersSeed: Uint8Array): Uint32Array {
  return ring32.subtract(input, seededSide([layer], askersSeed).take(layer).a as Uint32Array);
}

/** An owner's guess of the input, with a seed that it believes to be the asker's. */
function guessed(message: Uint32Array, believed: Uint8Array): Uint32Array {
  return ring32.add(message, seededSide([layer], believed).take(layer).a as Uint32Array);
}

describe('an owner that wants the asker’s input', () => {
  const input = words(1, 6);

  it('has it if both sides use one seed, or if it knows the asker’s', () => {
    expect(guessed(asked(input, seed(5)), seed(5))).toEqual(input);
  });

  it('has nothing of it from its own seed and corrections', () => {
    const message = asked(input, seed(5));
    expect(guessed(message, seed(6))).not.toEqual(input);
    // For any other input there is a mask with which the owner would have seen the same message and corrections.
    const told = corrections([layer], seed(5), seed(6), new WeightMasks(MASKS));
    const held = correctedSide([layer], seed(6), told).take(layer);
    const other = words(2, 6);
    const mask = ring32.subtract(other, message);
    const products = ring32.apply(layer.map, weightMask(MASKS.corrected, layer) as Uint32Array, mask, 1);
    const share = ring32.subtract(products, held.c as Uint32Array);
    expect(ring32.add(mask, message)).toEqual(other);
    expect(ring32.add(share, held.c as Uint32Array)).toEqual(products);
  });

  it('has the difference of two inputs if one piece serves both', () => {
    const other = words(2, 6);
    const seen = ring32.subtract(asked(input, seed(5)), asked(other, seed(5)));
    expect(seen).toEqual(ring32.subtract(input, other));
    expect(ring32.subtract(asked(input, seed(5)), asked(other, seed(7)))).not.toEqual(ring32.subtract(input, other));
  });
});

describe('an asker that wants the owner’s weights', () => {
  const opened = (weights: Uint32Array, maskSeed: Uint8Array): Uint32Array =>
    ring32.subtract(weights, weightMask(maskSeed, layer) as Uint32Array);

  it('has the difference of two models if one mask seed serves both', () => {
    const [first, second] = [words(3, 24), words(4, 24)];
    const change = ring32.subtract(first, second);
    expect(ring32.subtract(opened(first, seed(8)), opened(second, seed(8)))).toEqual(change);
    expect(ring32.subtract(opened(first, seed(8)), opened(second, seed(9)))).not.toEqual(change);
  });

  it('has them if the mask seed is its own seed', () => {
    const weights = words(3, 24);
    const guess = ring32.add(opened(weights, seed(5)), weightMask(seed(5), layer) as Uint32Array);
    expect(guess).toEqual(weights);
    expect(ring32.add(opened(weights, seed(8)), weightMask(seed(5), layer) as Uint32Array)).not.toEqual(weights);
  });
});
