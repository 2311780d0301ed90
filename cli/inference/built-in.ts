import type { NetworkDescription } from '../../inference/index.ts';

/** Layers of the networks that `cairn join` trains on MNIST; see training/models.ts. Pixels are from 0 to 1. */
export const BUILT_IN_NETWORKS = {
  'mnist-mlp': {
    version: 1,
    input: { shape: [784], range: [0, 1] },
    layers: [dense(1), { kind: 'relu' }, dense(2), { kind: 'relu' }, dense(3)],
  },
  'mnist-cnn': {
    version: 1,
    input: { shape: [1, 28, 28], range: [0, 1] },
    layers: [
      convolution(1),
      { kind: 'maxPool', size: 2 },
      { kind: 'relu' },
      convolution(2),
      { kind: 'maxPool', size: 2 },
      { kind: 'relu' },
      { kind: 'flatten' },
      dense(1),
      { kind: 'relu' },
      dense(2),
    ],
  },
} as const satisfies Record<string, NetworkDescription>;

/** The name of a network that comes with Cairn. */
export type BuiltInNetwork = keyof typeof BUILT_IN_NETWORKS;

/** Whether a text is the name of one. */
export function isBuiltIn(text: string): text is BuiltInNetwork {
  return Object.hasOwn(BUILT_IN_NETWORKS, text);
}

function dense(number: number) {
  return { kind: 'dense', weight: `dense${number}.weight`, bias: `dense${number}.bias` } as const;
}

function convolution(number: number) {
  return { kind: 'conv2d', weight: `conv${number}.weight`, bias: `conv${number}.bias`, padding: 2 } as const;
}
