import type { SchemeRoles } from './scheme.ts';

/** Tweaks of an AND: one for each half. */
const TWEAKS = 2;

/** Half-gates (Zahur, Rosulek and Evans 2015): two blocks of table, four hashes to garble, two to evaluate. */
export const halfGates: SchemeRoles = {
  garbler: {
    tableBytes: 32,
    blocks: 4,
    prepare({ kernels }, { program, gates, lanes, labels, delta, hashed, blocks }) {
      kernels.prepareHalfGates(program, gates, lanes, labels, delta, TWEAKS * hashed, blocks);
    },
    finish({ kernels }, { program, gates, lanes, labels, delta, hashed, blocks, tables }) {
      kernels.garbleHalfGates(program, gates, lanes, labels, delta, TWEAKS * hashed, blocks, tables);
    },
  },
  evaluator: {
    tableBytes: 32,
    blocks: 2,
    prepare({ kernels }, { program, gates, lanes, labels, hashed, blocks }) {
      kernels.prepareHalfEvaluation(program, gates, lanes, labels, TWEAKS * hashed, blocks);
    },
    finish({ kernels }, { program, gates, lanes, labels, hashed, blocks, tables }) {
      kernels.evaluateHalfGates(program, gates, lanes, labels, TWEAKS * hashed, blocks, tables);
    },
  },
};
