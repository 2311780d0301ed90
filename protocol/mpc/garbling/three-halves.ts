import type { SchemeRoles } from './scheme.ts';

/** Tweaks of an AND: for A, B and A ⊕ B. */
const TWEAKS = 3;

/** Three-halves (Rosulek and Roy 2021): one and a half blocks and six bits of table, six hashes to garble, three to evaluate. */
export const threeHalves: SchemeRoles = {
  garbler: {
    tableBytes: 25,
    blocks: 6,
    prepare({ kernels }, { program, gates, lanes, labels, delta, hashed, blocks }) {
      kernels.prepareThreeHalves(program, gates, lanes, labels, delta, TWEAKS * hashed, blocks);
    },
    finish({ kernels }, { program, gates, lanes, labels, delta, hashed, blocks, tables }) {
      kernels.garbleThreeHalves(program, gates, lanes, labels, delta, TWEAKS * hashed, blocks, tables);
    },
  },
  evaluator: {
    tableBytes: 25,
    blocks: 3,
    prepare({ kernels }, { program, gates, lanes, labels, hashed, blocks }) {
      kernels.prepareThreeEvaluation(program, gates, lanes, labels, TWEAKS * hashed, blocks);
    },
    finish({ kernels }, { program, gates, lanes, labels, hashed, blocks, tables }) {
      kernels.evaluateThreeHalves(program, gates, lanes, labels, TWEAKS * hashed, blocks, tables);
    },
  },
};
