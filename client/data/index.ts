export type { Dataset } from './dataset.ts';
export { dirichletShards, iidShards, subset } from './shards.ts';
