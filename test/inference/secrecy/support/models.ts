import { compile } from '../../../../inference/plan/compile.ts';
import { quantise } from '../../../../inference/plan/quantise.ts';
import type { NetworkShape } from '../../../../inference/network/types.ts';
import type { Plan, Reveal, StepKind } from '../../../../inference/plan/types.ts';
import { traceOf } from '../../../../inference/plan/trace.ts';
import { toFixed, type Words, ringOf } from '../../../../protocol/mpc/sharing/index.ts';
import { randomInputs, type RandomLayer, randomNetwork } from '../../support/random-networks.ts';
import type { Model } from './lab.ts';

/** A network of 4 inputs, 5 hidden units and 3 classes, with weights by a seed, compiled for a system. */
export function tinyModel(
  system: 'chameleon' | 'secureml',
  reveal: Reveal,
  activation: 'relu' | 'square' | 'sigmoid',
  seed = 1,
): Model {
  return modelOf(
    system,
    reveal,
    [{ kind: 'dense', units: 5 }, { kind: activation }, { kind: 'dense', units: 3 }],
    seed,
  );
}

/** A network of 4 inputs, or of another input, with the given layers. */
export function modelOf(
  system: 'chameleon' | 'secureml',
  reveal: Reveal,
  layers: readonly RandomLayer[],
  seed: number,
  input: NetworkShape = [4],
): Model {
  const network = randomNetwork(seed, input, layers);
  const { plan } = compile(network, { system, reveal, fraction: 8, ring: system === 'chameleon' ? 32 : 64 });
  return { plan, layers: quantise(network, plan) };
}

/** Other weights for the same plan. */
export function otherWeights({ plan }: Model, seed: number): Model {
  const has = (kind: StepKind): boolean => plan.steps.some((step) => step.kind === kind);
  const activation = has('square') ? 'square' : has('piecewise') ? 'sigmoid' : 'relu';
  const other = tinyModel(plan.system as 'chameleon', plan.reveal, activation, seed);
  return { plan, layers: other.layers };
}

/** The same plan with all weights and biases zero. */
export function zeroWeights({ plan, layers }: Model): Model {
  const zeros = (words: Words): Words => ringOf(plan.bits).zeros(words.length);
  return {
    plan,
    layers: layers.map(({ weights, bias }) => ({ weights: zeros(weights), bias: bias && zeros(bias) })),
  };
}

/** A model without weights whose answer is one class, by its last bias. */
export function alwaysOf(model: Model, of: number): Model {
  const { plan, layers } = zeroWeights(model);
  (layers.at(-1)!.bias as Uint32Array)[of] = 1 << plan.fraction;
  return { plan, layers };
}

/** Questions of the batch: drawn by a seed, or one number everywhere. */
export function question(plan: Plan, batch: number, of: { readonly seed: number } | { readonly all: number }): Words {
  const count = batch * traceOf(plan).inputs;
  const floats = 'seed' in of ? randomInputs(of.seed, count) : new Float32Array(count).fill(of.all);
  return toFixed(ringOf(plan.bits), floats, plan.fraction);
}

/** The same function by other weights: its hidden units in reverse order. */
export function hiddenReversed({ plan, layers }: Model): Model {
  const [first, second] = structuredClone(layers) as [(typeof layers)[0], (typeof layers)[0]];
  const [hidden, outputs] = [first.bias!.length, second.bias!.length];
  for (let row = 0; row < first.weights.length; row += hidden) first.weights.subarray(row, row + hidden).reverse();
  first.bias!.reverse();
  const rows = Array.from({ length: hidden }, (_, j) => second.weights.slice(j * outputs, (j + 1) * outputs));
  for (const [j, row] of rows.reverse().entries()) (second.weights as Uint32Array).set(row as Uint32Array, j * outputs);
  return { plan, layers: [first, second] };
}
