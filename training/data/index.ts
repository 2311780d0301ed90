export type { Dataset } from './dataset.ts';
export { parseIdx, parseIdxImages, parseIdxLabels } from './idx.ts';
export { dirichletShards, iidShards, subset } from './shards.ts';
