import { type App, mnistApp } from '../client/index.ts';
import { dirichletShards, iidShards } from '../training/data/index.ts';
import { loadMnist, loadMnistLabels } from '../training/data/node/index.ts';

/** Which part of MNIST a client trains on, and with which network. */
export interface MnistShard {
  readonly model: 'mlp' | 'cnn';
  /** All training images if absent. */
  readonly shard?: { readonly index: number; readonly count: number };
  readonly partition: 'iid' | 'dirichlet';
  readonly alpha: number;
  /** Seed of the partition: the same for all clients, so that their shards do not overlap. */
  readonly seed: number;
}

/** An app over the MNIST test images, to evaluate models on. */
export function mnistTestApp(model: MnistShard['model']): App {
  return mnistApp({ model, dataset: () => loadMnist('test') });
}

/** An app over one client's shard of the MNIST training images; only that shard is read. */
export function mnistShardApp({ model, shard, partition, alpha, seed }: MnistShard): App {
  return mnistApp({
    model,
    dataset: async () => {
      if (shard === undefined) return loadMnist('train');
      const labels = await loadMnistLabels('train');
      const shards =
        partition === 'iid' ? iidShards(labels, shard.count, seed) : dirichletShards(labels, shard.count, alpha, seed);
      return loadMnist('train', { indices: shards[shard.index]! });
    },
  });
}
