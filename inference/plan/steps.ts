import { CairnError } from '../../protocol/errors.ts';
import type { SigmoidPieces } from '../../protocol/mpc/circuits/index.ts';
import type { Network, NetworkLayer } from '../network/types.ts';
import { valuesOf } from '../network/types.ts';
import { areaBits, linearScale, type Scale } from './trace.ts';
import type { PoolStep, Reveal, Step } from './types.ts';

/** Layers that never decrease and apply to each value alone: they may swap places with a maximum. */
const MONOTONE: ReadonlySet<NetworkLayer['kind']> = new Set(['relu', 'sigmoid', 'tanh']);

/**
 * A network's layers as a plan runs them. Flattening changes nothing in memory. A monotone function of a maximum is the
 * maximum of its values, so that it runs once a window instead of on every value. The argmax is the last step's, and
 * what strictly increases before it changes no class.
 */
export function runLayers(network: Network, reveal: Reveal): readonly NetworkLayer[] {
  const layers = network.layers.filter(({ kind }) => kind !== 'flatten');
  if (layers.at(-1)?.kind === 'argmax') {
    const last = layers.pop()!;
    if (reveal === 'scores') {
      throw new CairnError('network-unsupported', `${last.label}: a network that ends with an argmax has no scores`, {
        hint: 'reveal the class, or describe the network without its last layer',
      });
    }
  }
  if (reveal === 'class') {
    while (layers.at(-1)?.kind === 'sigmoid' || layers.at(-1)?.kind === 'tanh') layers.pop();
  }
  // As often as there are layers: each pass moves a function past one pool.
  for (let at = layers.length - 1; at > 0; at--) {
    for (let i = at; i < layers.length; i++) {
      const [before, pool] = [layers[i - 1]!, layers[i]!];
      if (!MONOTONE.has(before.kind) || pool.kind !== 'maxPool') break;
      layers[i - 1] = { ...pool };
      layers[i] = { ...before, inputShape: pool.outputShape, outputShape: pool.outputShape };
    }
  }
  return layers;
}

/** Writes the steps of layers, keeping account of the scale. */
class StepWriter {
  readonly steps: Step[] = [];
  /** The layer that each step belongs to. */
  readonly layers: NetworkLayer[] = [];
  readonly #sigmoid: SigmoidPieces;
  readonly #fraction: number;
  #scale: Scale;

  constructor(fraction: number, sigmoid: SigmoidPieces) {
    this.#sigmoid = sigmoid;
    this.#fraction = fraction;
    this.#scale = { fraction, area: 1 };
  }

  push(layer: NetworkLayer, step: Step, scale: Scale): void {
    this.steps.push(step);
    this.layers.push(layer);
    this.#scale = scale;
  }

  /** Bits too many, if the value has more than the plan's fraction; the bits of an area are among them. */
  #excess(): number {
    const { fraction, area } = this.#scale;
    return fraction > this.#fraction ? fraction + areaBits(area) - this.#fraction : 0;
  }

  #truncate(layer: NetworkLayer): void {
    const shift = this.#excess();
    if (shift === 0) return;
    const { fraction, area } = this.#scale;
    const count = valuesOf(layer.inputShape);
    this.push(layer, { kind: 'truncate', count, shift }, { fraction: fraction - shift, area });
  }

  write(layer: NetworkLayer, index: number, weightFraction: number): void {
    const count = valuesOf(layer.inputShape);
    switch (layer.kind) {
      case 'dense':
      case 'conv2d': {
        this.#truncate(layer);
        const bias = layer.bias !== undefined;
        const step: Step = { kind: 'linear', map: layer.map, bias, layer: index, fraction: weightFraction };
        this.push(layer, step, linearScale(this.#scale, weightFraction));
        return;
      }
      case 'relu': {
        const shift = this.#excess();
        const { fraction, area } = this.#scale;
        this.push(layer, { kind: 'rectify', count, shift }, { fraction: fraction - shift, area });
        return;
      }
      case 'square': {
        this.#truncate(layer);
        const { fraction, area } = this.#scale;
        this.push(layer, { kind: 'square', count }, { fraction: 2 * fraction, area: area * area });
        return;
      }
      case 'maxPool':
      case 'averagePool': {
        const [channels, height, width] = layer.inputShape as [number, number, number];
        const kind: PoolStep['kind'] = layer.kind === 'maxPool' ? 'maxPool' : 'sumPool';
        const { size, stride } = layer;
        const { fraction, area } = this.#scale;
        const after = { fraction, area: kind === 'maxPool' ? area : area * size * size };
        this.push(layer, { kind, channels, height, width, size, stride }, after);
        return;
      }
      case 'sigmoid':
      case 'tanh': {
        this.#piecewise(layer, layer.kind, count);
        return;
      }
      case 'flatten':
      case 'argmax':
        throw new CairnError('network-unsupported', `${layer.label}: only the last layer can be an ${layer.kind}`);
    }
  }

  #piecewise(layer: NetworkLayer, name: 'sigmoid' | 'tanh', count: number): void {
    const { fraction, area } = this.#scale;
    if (area !== 2 ** areaBits(area)) {
      throw new CairnError('network-unsupported', `${layer.label}: it follows an average over ${area} values`, {
        hint: 'pool windows whose size is a power of 2, or put a dense layer or a convolution in between',
      });
    }
    const drop = fraction + areaBits(area) - this.#fraction;
    const step: Step = {
      kind: 'piecewise',
      function: name,
      pieces: name === 'sigmoid' ? this.#sigmoid : 'fine',
      count,
      drop,
    };
    this.push(layer, step, { fraction: this.#fraction, area: 1 });
  }
}

/** Steps with the layer that each belongs to; the last step reveals. */
export interface LayeredSteps {
  readonly steps: readonly Step[];
  readonly layers: readonly NetworkLayer[];
}

/** What steps are written for. */
export interface StepOptions {
  /** As {@link runLayers} gives them. */
  readonly layers: readonly NetworkLayer[];
  readonly fraction: number;
  /** Fraction bits of each linear layer's weights, in order. */
  readonly weightFractions: readonly number[];
  readonly reveal: Reveal;
  /** The lines of every sigmoid. */
  readonly sigmoid: SigmoidPieces;
}

/**
 * The steps of layers.
 * @throws CairnError `network-unsupported` for a layer at a place where it cannot run
 */
export function stepsOf({ layers, fraction, weightFractions, reveal, sigmoid }: StepOptions): LayeredSteps {
  const writer = new StepWriter(fraction, sigmoid);
  let linear = 0;
  for (const layer of layers) {
    writer.write(layer, linear, weightFractions[linear] ?? fraction);
    if (layer.kind === 'dense' || layer.kind === 'conv2d') linear++;
  }
  const last = layers.at(-1)!;
  const count = valuesOf(last.outputShape);
  return {
    steps: [...writer.steps, { kind: 'reveal', what: reveal, count }],
    layers: [...writer.layers, last],
  };
}
