import { CairnError } from '../../protocol/errors.ts';
import type { LayerKind, Network } from '../network/types.ts';
import { type Reveal, SYSTEMS, type SystemName } from './types.ts';

/** What a system can run; what it cannot is refused before anything is sent. */
export interface Support {
  readonly layers: ReadonlySet<LayerKind>;
  readonly reveals: ReadonlySet<Reveal>;
  /** Rings that its shares are in; empty if it has no shares. */
  readonly rings: readonly (32 | 64)[];
  /** Maximum number of fraction bits of values. */
  readonly maxFraction: number;
  /** Maximum number of squares one after another: each takes one level of an encryption scheme. */
  readonly maxSquares: number;
  /** Maximum number of products of one example: what a circuit of all layers can take. */
  readonly maxProducts: number;
  /** Whether this version can compile for it. */
  readonly compiles: boolean;
}

const LINEAR: readonly LayerKind[] = ['dense', 'conv2d', 'averagePool', 'flatten'];
const ANY: readonly LayerKind[] = [...LINEAR, 'maxPool', 'relu', 'square', 'sigmoid', 'tanh', 'argmax'];

const NO_LIMIT = Infinity;

/** By system what it supports, with the reason for what is missing. */
export const SUPPORT: Readonly<Record<SystemName, Support>> = {
  // Encryption has no comparison: squares alone, and the asker decrypts every score (Dowlin et al. 2016, §3).
  cryptonets: {
    layers: new Set([...LINEAR, 'square']),
    reveals: new Set<Reveal>(['scores']),
    rings: [],
    maxFraction: 10,
    maxSquares: 4,
    maxProducts: NO_LIMIT,
    compiles: false,
  },
  // Shares are truncated locally, which at 32 bits fails far too often (Mohassel & Zhang 2017, §4.1); the paper has no
  // max-pooling.
  secureml: {
    layers: new Set(ANY.filter((kind) => kind !== 'maxPool')),
    reveals: new Set<Reveal>(['class', 'scores']),
    rings: [64],
    maxFraction: 13,
    maxSquares: NO_LIMIT,
    maxProducts: NO_LIMIT,
    compiles: true,
  },
  // One circuit for everything: a product of 16 bits is some hundred gates (Rouhani et al. 2018, §4.2).
  deepsecure: {
    layers: new Set(ANY),
    reveals: new Set<Reveal>(['class', 'scores']),
    rings: [],
    maxFraction: 12,
    maxSquares: NO_LIMIT,
    maxProducts: 2 ** 24,
    compiles: false,
  },
  minionn: {
    layers: new Set(ANY),
    reveals: new Set<Reveal>(['class', 'scores']),
    rings: [32],
    maxFraction: 12,
    maxSquares: NO_LIMIT,
    maxProducts: NO_LIMIT,
    compiles: false,
  },
  chameleon: {
    layers: new Set(ANY),
    reveals: new Set<Reveal>(['class', 'scores']),
    rings: [32, 64],
    maxFraction: 20,
    maxSquares: NO_LIMIT,
    maxProducts: NO_LIMIT,
    compiles: true,
  },
};

/** The products of one example in all linear layers. */
const productsOf = ({ layers }: Network): number =>
  layers.reduce((sum, layer) => {
    if (layer.kind === 'dense') return sum + layer.weights.length;
    if (layer.kind !== 'conv2d' || layer.outputShape.length !== 3) return sum;
    return sum + layer.weights.length * layer.outputShape[1] * layer.outputShape[2];
  }, 0);

/** Why a system cannot run a network; undefined if it can. */
function obstacle(system: SystemName, network: Network, reveal: Reveal): string | undefined {
  const { layers, reveals, maxSquares, maxProducts } = SUPPORT[system];
  const foreign = network.layers.find(({ kind }) => !layers.has(kind));
  // An argmax at the end is what revealing the class does; a system that only gives scores has none.
  if (foreign !== undefined) return `${foreign.label}: it has no ${foreign.kind}`;
  if (!reveals.has(reveal)) return `it cannot reveal the ${reveal} alone`;
  const squares = network.layers.filter(({ kind }) => kind === 'square');
  if (squares.length > maxSquares) {
    return `${squares[maxSquares]!.label}: it can square at most ${maxSquares} times one after another`;
  }
  const products = productsOf(network);
  if (products > maxProducts) return `it takes at most ${maxProducts} products, and this network has ${products}`;
  return undefined;
}

/**
 * Checks that a system can run a network, before anything is sent.
 * @throws CairnError `network-unsupported` with the layer or size that it cannot run, and the systems that can
 */
export function assertSupported(system: SystemName, network: Network, reveal: Reveal): void {
  const why = obstacle(system, network, reveal);
  if (why === undefined && SUPPORT[system].compiles) return;
  const able = systemsFor(network, reveal);
  const hint =
    able.length === 0
      ? 'no system of this version can: replace the layer, train the network again, or reveal something else'
      : `run it with ${able.join(' or ')}`;
  throw new CairnError(
    'network-unsupported',
    `${system} cannot run it: ${why ?? 'this version cannot compile for it'}`,
    {
      hint,
    },
  );
}

/** The systems of this version that can run a network. */
export function systemsFor(network: Network, reveal: Reveal): SystemName[] {
  return SYSTEMS.filter((system) => SUPPORT[system].compiles && obstacle(system, network, reveal) === undefined);
}
