import type { App } from '../app.ts';
import type { Dataset } from '../../training/data/index.ts';
import { mnistCnn, mnistMlp } from '../../training/index.ts';
import { assertOptions } from '../../protocol/options.ts';
import { engineApp } from './engine.ts';

/** Options of the MNIST app. */
export interface MnistAppOptions {
  /** The perceptron 784-128-64-10, or the network with two convolutions. Default mlp. */
  readonly model?: 'mlp' | 'cnn';
  /** Loads the client's images, once: 28 × 28 pixels, 0 … 1, and classes 0 … 9. */
  readonly dataset: () => Dataset | Promise<Dataset>;
}

/**
 * Recognises digits, or anything else in MNIST's format, with one of the engine's two reference networks.
 * @throws CairnError `config-unknown-key`, `config-invalid` for options that cannot be
 */
export function mnistApp(options: MnistAppOptions): App<Dataset> {
  assertOptions<MnistAppOptions>('options of mnistApp', options, { model: 'string', dataset: 'function' }, ['dataset']);
  const { model = 'mlp', dataset } = options;
  return engineApp(model === 'cnn' ? mnistCnn() : mnistMlp(), dataset);
}
