import { describe, expect, it } from 'vitest';
import {
  argmax,
  compile,
  evaluateFixed,
  evaluateFloats,
  type Network,
  type Plan,
  quantise,
  ringOf,
  traceOf,
} from '../../../inference/index.ts';
import { sigmoidPieces, tanhPieces } from '../../../protocol/mpc/circuits/index.ts';
import { ring32, ring64, toFixed, type Words } from '../../../protocol/mpc/sharing/index.ts';
import { codeOf } from '../../support/thrown.ts';
import { drawnInputs, networkOf } from '../support/networks.ts';

/** Inputs in the plan's ring. */
function fixed(plan: Plan, inputs: Float32Array): Words {
  return plan.bits === 32 ? toFixed(ring32, inputs, plan.fraction) : toFixed(ring64, inputs, plan.fraction);
}

/** A plan's steps once more, on bigints that never wrap around: written without the code under test. */
function unbounded(plan: Plan, network: Network, inputs: Float32Array): bigint[] {
  const ring = ringOf(plan.bits) as { toSigned(words: Words): BigInt64Array };
  const layers = quantise(network, plan).map(({ weights, bias }) => ({
    weights: [...ring.toSigned(weights)],
    bias: bias === undefined ? undefined : [...ring.toSigned(bias)],
  }));
  let x = [...ring.toSigned(fixed(plan, inputs))];
  const window = (
    {
      channels,
      height,
      width,
      size,
      stride,
    }: { channels: number; height: number; width: number; size: number; stride: number },
    join: (values: bigint[]) => bigint,
  ): bigint[] => {
    const out: bigint[] = [];
    for (let c = 0; c < channels; c++)
      for (let top = 0; top + size <= height; top += stride)
        for (let left = 0; left + size <= width; left += stride) {
          const seen: bigint[] = [];
          for (let y = top; y < top + size; y++)
            for (let z = left; z < left + size; z++) seen.push(x[(c * height + y) * width + z]!);
          out.push(join(seen));
        }
    return out;
  };
  for (const step of plan.steps) {
    if (step.kind === 'linear') {
      const { weights, bias } = layers[step.layer]!;
      const { map } = step;
      if (map.kind === 'dense') {
        x = Array.from({ length: map.outputs }, (_, o) =>
          x.reduce((sum, value, i) => sum + value * weights[i * map.outputs + o]!, bias?.[o] ?? 0n),
        );
      } else {
        const { channels, height, width, filters, size, stride, padding } = map;
        const out: bigint[] = [];
        for (let f = 0; f < filters; f++)
          for (let top = -padding; top + size <= height + padding; top += stride)
            for (let left = -padding; left + size <= width + padding; left += stride) {
              let sum = bias?.[f] ?? 0n;
              for (let c = 0; c < channels; c++)
                for (let y = 0; y < size; y++)
                  for (let z = 0; z < size; z++) {
                    const inside = top + y >= 0 && top + y < height && left + z >= 0 && left + z < width;
                    if (inside)
                      sum +=
                        x[(c * height + top + y) * width + left + z]! *
                        weights[((f * channels + c) * size + y) * size + z]!;
                  }
              out.push(sum);
            }
        x = out;
      }
    } else if (step.kind === 'rectify') x = x.map((value) => (value < 0n ? 0n : value >> BigInt(step.shift)));
    else if (step.kind === 'truncate') x = x.map((value) => value >> BigInt(step.shift));
    else if (step.kind === 'square') x = x.map((value) => value * value);
    else if (step.kind === 'maxPool') x = window(step, (values) => values.reduce((a, b) => (a > b ? a : b)));
    else if (step.kind === 'sumPool') x = window(step, (values) => values.reduce((a, b) => a + b));
    else if (step.kind === 'piecewise') {
      const lines = step.function === 'tanh' ? tanhPieces(plan.fraction, 'fine') : sigmoidPieces(plan.fraction, 'fine');
      x = x.map((whole) => {
        const value = whole >> BigInt(step.drop);
        const { multiplier, shift, offset } = lines.filter(({ from }) => from === undefined || from <= value).at(-1)!;
        return ((multiplier * value) >> BigInt(shift)) + offset;
      });
    }
  }
  return x;
}

const NETWORKS: readonly (readonly [string, readonly number[], readonly string[]])[] = [
  ['dense layers with ReLU', [20], ['dense 16', 'relu', 'dense 5']],
  ['dense layers with squares', [20], ['dense 16', 'square', 'dense 12', 'square', 'dense 5']],
  ['convolutions with ReLU and max-pooling', [1, 9, 9], ['conv 3 3 1 1', 'relu', 'max 3', 'flatten', 'dense 4']],
  ['overlapping maxima', [2, 7, 7], ['conv 3 3 1', 'relu', 'max 3 2', 'flatten', 'dense 4']],
  ['averages of four', [1, 8, 8], ['conv 3 3 1 1', 'relu', 'average 2', 'flatten', 'dense 4']],
  ['averages of nine', [1, 9, 9], ['conv 3 3 1 1', 'relu', 'average 3', 'flatten', 'dense 4']],
  ['averages before ReLU', [1, 9, 9], ['conv 3 3 1 1', 'average 3', 'relu', 'flatten', 'dense 4']],
  ['averages before squares', [1, 9, 9], ['conv 3 3 1 1', 'average 3', 'square', 'flatten', 'dense 4']],
  ['averages at the end', [1, 9, 9], ['conv 4 3 1 1', 'relu', 'average 9', 'flatten']],
  ['sigmoids', [20], ['dense 16', 'sigmoid', 'dense 5']],
  ['tanh after averages of four', [1, 8, 8], ['conv 3 3 1 1', 'average 2', 'tanh', 'flatten', 'dense 4']],
  ['two linear layers in a row', [20], ['dense 16', 'dense 12', 'relu', 'dense 5']],
  ['a ReLU at the end', [20], ['dense 16', 'relu', 'dense 5', 'relu']],
];

describe.each([32, 64] as const)('a plan in the clear, in a ring of %i bits', (ring) => {
  it.each(NETWORKS)('never wraps around with %s', (_, shape, layers) => {
    for (const seed of [1, 2, 3]) {
      const network = networkOf(seed, shape, layers, 2);
      const { plan, bounds } = compile(network, { system: 'chameleon', ring, reveal: 'scores' });
      expect(bounds).toBe('proven');
      const inputs = drawnInputs(seed, network, 3);
      inputs.fill(1, 0, inputs.length / 3);
      const { values } = evaluateFixed(plan, quantise(network, plan), fixed(plan, inputs), 3);
      const size = inputs.length / 3;
      const expected = [0, 1, 2].flatMap((at) => unbounded(plan, network, inputs.subarray(at * size, (at + 1) * size)));
      expect([...(ringOf(ring) as { toSigned(words: Words): BigInt64Array }).toSigned(values)]).toEqual(expected);
    }
  });

  it.each(NETWORKS)('is close to floats with %s', (_, shape, layers) => {
    const network = networkOf(4, shape, layers);
    const { plan } = compile(network, { system: 'chameleon', ring, reveal: 'scores' });
    const inputs = drawnInputs(5, network, 20);
    const floats = evaluateFloats(network, inputs);
    const { scores } = evaluateFixed(plan, quantise(network, plan), fixed(plan, inputs), 20);
    const approximate = layers.some((kind) => kind === 'sigmoid' || kind === 'tanh') ? 0.015 : 0;
    const allowed = approximate + 16 / 2 ** plan.fraction;
    for (const [i, score] of scores.entries()) expect(Math.abs(score - floats[i]!)).toBeLessThan(allowed);
  });
});

describe('a plan in the clear', () => {
  it('gives the class of the largest score', () => {
    const network = networkOf(6, [20], ['dense 16', 'relu', 'dense 5', 'argmax'], 3);
    const { plan } = compile(network, { system: 'chameleon' });
    const inputs = drawnInputs(7, network, 40);
    const floats = evaluateFloats(network, inputs);
    const { classes, scores } = evaluateFixed(plan, quantise(network, plan), fixed(plan, inputs), 40);
    for (const [i, found] of classes.entries()) {
      expect(found).toBe(argmax(scores.subarray(5 * i, 5 * i + 5)));
      expect(found).toBe(argmax(floats.subarray(5 * i, 5 * i + 5)));
    }
    expect(new Set(classes).size).toBeGreaterThan(1);
  });

  it('does wrap around with more fraction bits than the choice allows: the bound is needed', () => {
    const network = networkOf(8, [200], ['dense 20', 'relu', 'dense 20', 'relu', 'dense 4'], 20);
    const options = { system: 'chameleon', ring: 32, reveal: 'scores' } as const;
    const { fraction } = compile(network, options).plan;
    const { plan } = compile(network, { ...options, fraction });
    const more = 5;
    const larger: Plan = {
      ...plan,
      fraction: plan.fraction + more,
      steps: plan.steps.map((step) => {
        if (step.kind === 'linear') return { ...step, fraction: step.fraction + more };
        return step.kind === 'rectify' ? { ...step, shift: step.shift + more } : step;
      }),
    };
    traceOf(larger);
    const inputs = drawnInputs(9, network, 1);
    const { values } = evaluateFixed(larger, quantise(network, larger), fixed(larger, inputs), 1);
    expect([...ring32.toSigned(values as Uint32Array)]).not.toEqual(unbounded(larger, network, inputs));
  });

  it('refuses another number of inputs, and weights of another network', () => {
    const network = networkOf(6, [20], ['dense 16', 'relu', 'dense 5']);
    const other = networkOf(6, [20], ['dense 15', 'relu', 'dense 5']);
    const { plan } = compile(network, { system: 'chameleon' });
    const layers = quantise(network, plan);
    expect(codeOf(() => evaluateFixed(plan, layers, new Uint32Array(19), 1))).toBe('tensor-shape');
    expect(codeOf(() => quantise(other, plan))).toBe('plan-mismatch');
    const foreign = quantise(other, compile(other, { system: 'chameleon' }).plan);
    expect(codeOf(() => evaluateFixed(plan, foreign, new Uint32Array(20), 1))).toBe('plan-mismatch');
  });
});
