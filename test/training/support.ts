import { expect } from 'vitest';
import type { ErrorCode } from '../../protocol/errors.ts';
import { gradients, operations, Random, Tape } from '../../training/index.ts';
import type { KernelKind, Shape, Tensor } from '../../training/index.ts';

/** Matches a CairnError by its code. */
export function coded(code: ErrorCode): Error {
  return expect.objectContaining({ name: 'CairnError', code }) as Error;
}

/** Uniform numbers from −1 to 1, the same for the same seed. */
export function randomValues(size: number, seed: number): Float32Array {
  const random = new Random(seed, 'test');
  return Float32Array.from({ length: size }, () => 2 * random.uniform() - 1);
}

const product = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** A function of tensors, for checking its derivatives. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

export interface Input {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** The scalar Σ f(inputs) · weights with fixed random weights, so that every output element counts, and none alike. */
function weighed(f: TensorFunction, inputs: readonly Tensor[]): Tensor {
  const out = f(...inputs);
  const weights = out.tape.tensor(out.shape, randomValues(out.size, 99));
  return operations.sum(operations.mul(out, weights));
}

const double = new Tape('double');

function valueAt(f: TensorFunction, inputs: readonly Input[]): number {
  const tape = double;
  const start = tape.mark();
  const value = weighed(
    f,
    inputs.map(({ shape, values }) => tape.tensor(shape, values)),
  ).item();
  tape.release(start);
  return value;
}

/** Gradients of Σ f · weights with respect to each input, by the tape. */
export function tapeGradients(f: TensorFunction, inputs: readonly Input[], kind: KernelKind): number[][] {
  const tape = new Tape(kind);
  const tensors = inputs.map(({ shape, values }) => tape.tensor(shape, values));
  return gradients(weighed(f, tensors), tensors).map((gradient) => [...gradient.raw()]);
}

/** The same by central differences in 64 bits: with steps of 1e-5 the error is about 1e-10, rounding and curvature together. */
export function numericGradients(f: TensorFunction, inputs: readonly Input[]): number[][] {
  const step = 1e-5;
  return inputs.map((input, which) =>
    Array.from({ length: input.values.length }, (_, i) => {
      const [above, below] = [step, -step].map((by) => {
        const values = Float64Array.from(input.values);
        values[i]! += by;
        return valueAt(f, inputs.with(which, { shape: input.shape, values }));
      });
      return (above! - below!) / (2 * step);
    }),
  );
}

/** Every element within `tolerance`, relative to the greatest element of its list. */
export function expectClose(actual: readonly number[][], expected: readonly number[][], tolerance: number): void {
  expect(actual.map((list) => list.length)).toEqual(expected.map((list) => list.length));
  for (const [which, list] of expected.entries()) {
    const size = Math.max(1e-3, ...list.map(Math.abs));
    for (const [i, value] of list.entries()) {
      const error = Math.abs(actual[which]![i]! - value) / size;
      expect(error, `input ${which}, element ${i}: ${actual[which]![i]} instead of ${value}`).toBeLessThan(tolerance);
    }
  }
}

/**
 * First derivatives of f against central differences, and second ones against differences of the first: those of
 * Σ (∂f/∂input · random) with respect to every input.
 */
export function checkDerivatives(f: TensorFunction, inputs: readonly Input[]): void {
  expectClose(tapeGradients(f, inputs, 'double'), numericGradients(f, inputs), 1e-7);
  inputs.forEach((_, which) => {
    const derivative: TensorFunction = (...tensors) => gradients(weighed(f, tensors), tensors)[which]!;
    expectClose(tapeGradients(derivative, inputs, 'double'), numericGradients(derivative, inputs), 1e-6);
  });
  // In 32 bits, on the kernels that training runs on: a few dozen roundings of 6e-8.
  expectClose(tapeGradients(f, inputs, 'wasm'), tapeGradients(f, inputs, 'double'), 1e-5);
}

/** Inputs of these shapes with random values. */
export function randomInputs(...shapes: Shape[]): Input[] {
  return shapes.map((shape, i) => ({ shape, values: randomValues(product(shape), i + 1) }));
}
