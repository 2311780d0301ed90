export type { Dataset } from './dataset.ts';
export { dirichletShards, iidShards, subset } from './shards.ts';
export type { CsvColumn, CsvOptions } from './csv/options.ts';
export { type CsvTable, parseTable } from './csv/parse.ts';
export type { RecordParser } from './csv/records.ts';
