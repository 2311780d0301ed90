export type { Dataset } from './dataset.ts';
export { parseIdxImages, parseIdxLabels } from './idx.ts';
export { dirichletShards, iidShards, subset } from './shards.ts';
