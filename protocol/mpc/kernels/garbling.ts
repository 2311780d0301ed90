/**
 * What assembly/garbling.ts exports. `program` is the address of `gates` records of four words (kind, left, right, out),
 * whose slots are `lanes` labels of 16 bytes each from `labels` on; `tweak` is the first of those that each AND
 * has for its hashes.
 */
export interface GarblingKernels {
  freeGates(program: number, gates: number, lanes: number, labels: number, offset: number): void;
  prepareHalfGates(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    delta: number,
    tweak: number,
    blocks: number,
  ): void;
  garbleHalfGates(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    delta: number,
    tweak: number,
    permuted: number,
    tables: number,
  ): void;
  prepareHalfEvaluation(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    tweak: number,
    blocks: number,
  ): void;
  evaluateHalfGates(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    tweak: number,
    permuted: number,
    tables: number,
  ): void;
  prepareThreeHalves(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    delta: number,
    tweak: number,
    blocks: number,
  ): void;
  garbleThreeHalves(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    delta: number,
    tweak: number,
    permuted: number,
    tables: number,
  ): void;
  prepareThreeEvaluation(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    tweak: number,
    blocks: number,
  ): void;
  evaluateThreeHalves(
    program: number,
    gates: number,
    lanes: number,
    labels: number,
    tweak: number,
    permuted: number,
    tables: number,
  ): void;
  prepareHashes(labels: number, count: number, offset: number, tweak: number, blocks: number): void;
  finishHashes(blocks: number, permuted: number, count: number): void;
  addDelta(labels: number, lanes: number, delta: number, bits: number): void;
  readColours(labels: number, lanes: number, bits: number): void;
  expandKey(key: number, schedule: number, state: number): void;
  permuteBlocks(schedule: number, blocks: number, groups: number): void;
}
