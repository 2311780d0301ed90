import { describe, expect, it } from 'vitest';
import { adam, sgd, Tape } from '../../training/index.ts';
import type { Optimiser } from '../../training/index.ts';

/** Parameters after each step with the given gradients, one parameter. */
function path(optimiser: Optimiser, start: number, gradientsOfSteps: number[]): number[] {
  const tape = new Tape();
  const w = tape.tensor([1], [start]);
  const slots = Array.from({ length: optimiser.slots }, () => tape.full([1], 0).at);
  return gradientsOfSteps.map((g, i) => {
    const gradient = tape.tensor([1], [g]).at;
    optimiser.update(tape.kernels, { parameters: w.at, gradient, slots, size: 1 }, i + 1);
    return w.item();
  });
}

function expectPath(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe('optimisers take the steps one computes by hand', () => {
  it('SGD', () => {
    expectPath(path(sgd({ learningRate: 0.5 }), 1, [1, -2, 4]), [0.5, 1.5, -0.5]);
  });

  it('momentum', () => {
    // v: 1, 0.5 − 2 = −1.5, −0.75 + 4 = 3.25
    expectPath(path(sgd({ learningRate: 0.5, momentum: 0.5 }), 1, [1, -2, 4]), [0.5, 1.25, -0.375]);
  });

  it('Adam', () => {
    // m: 0.5, −0.75; v: 0.25 · 1 = 0.25, 0.75 · 0.25 + 0.25 · 4 = 1.1875; c1: 0.5, 0.75; c2: 0.25, 0.4375
    const optimiser = adam({ learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 0.5 });
    const first = 1 - (0.1 * (0.5 / 0.5)) / (Math.sqrt(0.25 / 0.25) + 0.5);
    const second = first - (0.1 * (-0.75 / 0.75)) / (Math.sqrt(1.1875 / 0.4375) + 0.5);
    expectPath(path(optimiser, 1, [1, -2]), [first, second]);
  });

  it('Adam’s first step has the length of the rate, whatever the gradient', () => {
    for (const g of [0.1, 1, 1e4]) expectPath(path(adam({ learningRate: 0.01 }), 0, [g]), [-0.01]);
  });

  it('refuse settings that make no sense', () => {
    for (const learningRate of [-1, NaN, Infinity]) {
      expect(() => sgd({ learningRate })).toThrow(RangeError);
      expect(() => adam({ learningRate })).toThrow(RangeError);
    }
    expect(() => sgd({ learningRate: 1, momentum: 1 })).toThrow(RangeError);
    expect(() => adam({ learningRate: 1, beta1: 1 })).toThrow(RangeError);
    expect(() => adam({ learningRate: 1, beta2: -0.1 })).toThrow(RangeError);
    expect(() => adam({ learningRate: 1, epsilon: -1 })).toThrow(RangeError);
  });
});
