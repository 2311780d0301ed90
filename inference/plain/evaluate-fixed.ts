import { CairnError } from '../../protocol/errors.ts';
import { piecewiseValue } from '../../protocol/mpc/circuits/index.ts';
import { mapSizes, type Ring, ring32, ring64, spreadBias, type Words } from '../../protocol/mpc/sharing/index.ts';
import { piecesOf } from '../plan/pieces.ts';
import type { QuantisedLayer } from '../plan/quantise.ts';
import { traceOf, type TracedStep } from '../plan/trace.ts';
import { type PiecewiseStep, type Plan, pooledSize, type PoolStep } from '../plan/types.ts';

/*
 * A plan in the clear, in the arithmetic of its ring: what private runs must equal. Shifts round down. Local truncation
 * (SecureML) does so only up to one in the last place, so its results may differ from these by what follows from that.
 */

/** What a plan gives in the clear. */
export interface FixedResult<W extends Words = Words> {
  /** Values of the last step, outputs for each example: elements of the ring. */
  readonly values: W;
  /** The same as numbers. */
  readonly scores: Float64Array;
  /** For each example the index of its largest value, of equals the first. */
  readonly classes: Uint32Array;
}

/** Elements of a ring as signed numbers of a type that compares and adds like them. */
interface Signed<N extends number | bigint> {
  readonly from: (words: Words) => ArrayLike<N>;
  readonly to: (values: readonly N[]) => Words;
  readonly zero: N;
  readonly add: (a: N, b: N) => N;
}

// 32-bit elements fit a double with room for every sum of them; 64-bit ones need bigints.
const signed32: Signed<number> = {
  from: (words) => new Int32Array(words.buffer, words.byteOffset, words.length),
  to: (values) => new Uint32Array(Int32Array.from(values).buffer),
  zero: 0,
  add: (a, b) => (a + b) | 0,
};
const signed64: Signed<bigint> = {
  from: (words) => new BigInt64Array(words.buffer as ArrayBuffer, words.byteOffset, words.length),
  to: (values) => new BigUint64Array(BigInt64Array.from(values).buffer),
  zero: 0n,
  add: (a, b) => BigInt.asIntN(64, a + b),
};

function pooled<N extends number | bigint>(signed: Signed<N>, step: PoolStep, words: Words, batch: number): Words {
  const [rows, columns] = pooledSize(step);
  const { channels, height, width, size, stride } = step;
  const values = signed.from(words);
  const out: N[] = [];
  // Images and channels follow each other alike.
  for (let image = 0; image < batch * channels; image++) {
    for (let at = 0; at < rows * columns; at++) {
      const corner = (image * height + Math.floor(at / columns) * stride) * width + (at % columns) * stride;
      let value = step.kind === 'maxPool' ? values[corner]! : signed.zero;
      for (let dy = 0; dy < size; dy++) {
        for (let dx = 0; dx < size; dx++) {
          const next = values[corner + dy * width + dx]!;
          if (step.kind === 'sumPool') value = signed.add(value, next);
          else if (next > value) value = next;
        }
      }
      out.push(value);
    }
  }
  return signed.to(out);
}

function piecewise<W extends Words>(ring: Ring<W>, step: PiecewiseStep, fraction: number, words: W): W {
  const lines = piecesOf(step, fraction);
  const values = ring.toSigned(ring.shiftRight(words, step.drop, 'signed'));
  return ring.fromSigned(values.map((x) => piecewiseValue(lines, x)));
}

function rectified<W extends Words>(ring: Ring<W>, x: W, shift: number): W {
  const positive = x.slice() as W;
  const top = ring.bits === 32 ? 2 ** 31 : 1n << 63n;
  for (let i = 0; i < x.length; i++) if (x[i]! >= top) positive[i] = ring.bits === 32 ? 0 : 0n;
  return ring.shiftRight(positive, shift, 'unsigned');
}

function stepped<W extends Words>(
  ring: Ring<W>,
  fraction: number,
  { step }: TracedStep,
  layers: readonly QuantisedLayer<W>[],
  x: W,
  batch: number,
): W {
  switch (step.kind) {
    case 'linear': {
      const { weights, bias } = layers[step.layer]!;
      if (weights.length !== mapSizes(step.map).weights || (bias !== undefined) !== step.bias) {
        throw new CairnError('plan-mismatch', `the weights of linear layer ${step.layer} are of another network`);
      }
      const y = ring.apply(step.map, weights, x, batch);
      return bias === undefined ? y : ring.add(y, spreadBias(ring, step.map, bias, batch));
    }
    case 'rectify':
      return rectified(ring, x, step.shift);
    case 'truncate':
      return ring.shiftRight(x, step.shift, 'signed');
    case 'square':
      return ring.multiply(x, x);
    case 'maxPool':
    case 'sumPool':
      return (ring.bits === 32 ? pooled(signed32, step, x, batch) : pooled(signed64, step, x, batch)) as W;
    case 'piecewise':
      return piecewise(ring, step, fraction, x);
    case 'reveal':
      return x;
  }
}

/** The index of the largest value of each example, as signed numbers. */
export function largestOf(values: ArrayLike<number | bigint>, outputs: number, batch: number): Uint32Array {
  return Uint32Array.from({ length: batch }, (_, example) => {
    let best = 0;
    for (let o = 1; o < outputs; o++) {
      if (values[example * outputs + o]! > values[example * outputs + best]!) best = o;
    }
    return best;
  });
}

function evaluate<W extends Words>(
  ring: Ring<W>,
  plan: Plan,
  layers: readonly QuantisedLayer<W>[],
  inputs: W,
  batch: number,
): FixedResult<W> {
  const { steps, inputs: size, outputs, scale } = traceOf(plan);
  if (inputs.length !== batch * size) {
    throw new CairnError(
      'tensor-shape',
      `${batch} examples of ${size} values were expected, not ${inputs.length} values`,
    );
  }
  const values = steps.reduce((x, step) => stepped(ring, plan.fraction, step, layers, x, batch), inputs);
  const signed = ring.bits === 32 ? signed32.from(values) : signed64.from(values);
  return { values, scores: scoresOf(signed, scale), classes: largestOf(signed, outputs, batch) };
}

/** Revealed integers as numbers. */
export function scoresOf(
  values: ArrayLike<number | bigint>,
  { fraction, area }: { readonly fraction: number; readonly area: number },
): Float64Array {
  return Float64Array.from(values, (value) => Number(value) / (2 ** fraction * area));
}

/**
 * Runs a plan in the clear.
 * @param layers the quantised network
 * @param inputs batch × inputs elements of the ring with the plan's fraction, one example after another
 * @throws CairnError `tensor-shape` for another number of inputs, `plan-mismatch` for weights of another network
 */
export function evaluateFixed(
  plan: Plan,
  layers: readonly QuantisedLayer[],
  inputs: Words,
  batch: number,
): FixedResult {
  if (plan.bits === 32) {
    return evaluate(ring32, plan, layers as readonly QuantisedLayer<Uint32Array>[], inputs as Uint32Array, batch);
  }
  return evaluate(ring64, plan, layers as readonly QuantisedLayer<BigUint64Array>[], inputs as BigUint64Array, batch);
}
