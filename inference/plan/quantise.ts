import { CairnError } from '../../protocol/errors.ts';
import { ring32, ring64, toFixed, type Words } from '../../protocol/mpc/sharing/index.ts';
import type { LinearLayer, Network } from '../network/types.ts';
import { areaBits, linearScale, type Scale, traceOf } from './trace.ts';
import type { LinearStep, Plan } from './types.ts';

/** A linear step's integers, as doubles: exact below 2^53, above with 53 significant bits. */
export interface IntegerLayer {
  readonly weights: Float64Array;
  /** One for each output or filter, at the scale of the products; undefined without a bias. */
  readonly bias: Float64Array | undefined;
}

/** A linear step's weights and biases as elements of the plan's ring: what the owner puts into shares. Secret. */
export interface QuantisedLayer<W extends Words = Words> {
  readonly weights: W;
  /** One for each output or filter, at the scale of the products; undefined without a bias. */
  readonly bias: W | undefined;
}

/**
 * Rounds a layer's numbers to integers. Weights take in what averages before have left undone: a value stands for the sum
 * over an area, so weights are divided by it, up to the power of two that the scale keeps.
 */
export function integersOf(layer: LinearLayer, fraction: number, before: Scale): IntegerLayer {
  const { area } = before;
  const weightScale = (2 ** fraction * 2 ** areaBits(area)) / area;
  const biasScale = 2 ** linearScale(before, fraction).fraction;
  const round = (values: Float32Array, scale: number): Float64Array => {
    const rounded = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) rounded[i] = Math.round(values[i]! * scale);
    return rounded;
  };
  return {
    weights: round(layer.weights, weightScale),
    bias: layer.bias === undefined ? undefined : round(layer.bias, biasScale),
  };
}

/** Integers as elements of a ring. @throws CairnError `fixed-range` for one that does not fit */
function toWords(integers: Float64Array, bits: 32 | 64): Words {
  return bits === 32 ? toFixed(ring32, integers, 0) : toFixed(ring64, integers, 0);
}

/** The linear layers of a network, in order. */
export function linearLayers(network: Network): LinearLayer[] {
  return network.layers.filter((layer): layer is LinearLayer => layer.kind === 'dense' || layer.kind === 'conv2d');
}

/**
 * A network's weights and biases as integers of a plan's ring, one entry for each linear step.
 * @throws CairnError `plan-mismatch` if the plan is of another network
 */
export function quantise(network: Network, plan: Plan): QuantisedLayer[] {
  const layers = linearLayers(network);
  const steps = traceOf(plan).steps.filter(({ step }) => step.kind === 'linear');
  if (steps.length !== layers.length) {
    throw new CairnError('plan-mismatch', `the plan has ${steps.length} linear steps, the network ${layers.length}`);
  }
  return steps.map(({ step, before }, i) => {
    const { map, bias: biased, fraction } = step as LinearStep;
    const layer = layers[i]!;
    const fits = JSON.stringify(map) === JSON.stringify(layer.map) && biased === (layer.bias !== undefined);
    if (!fits) throw new CairnError('plan-mismatch', `${layer.label}: the plan has another layer at this place`);
    const { weights, bias } = integersOf(layer, fraction, before);
    return {
      weights: toWords(weights, plan.bits),
      bias: bias === undefined ? undefined : toWords(bias, plan.bits),
    };
  });
}
