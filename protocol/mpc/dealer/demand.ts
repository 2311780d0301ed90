import { CairnError } from '../../errors.ts';
import { convolvedSize, type LinearMap, mapSizes } from '../sharing/linear-map.ts';
import { packedRowBytes, rowWords } from '../slices.ts';
import { LABEL_BYTES } from '../transfer/types.ts';
import type { Demand } from './types.ts';

/**
 * Bytes of the longest vector of a demand. Demands come from a plan, which may come from another party, so a bound
 * belongs before anything is drawn; a vector of this length still fits a kernel's memory twice.
 */
const MAX_VECTOR_BYTES = 2 ** 28;

/** Bytes of a seed, of a piece and of masks. */
export const SEED_BYTES = 32;

/** Layers of a model. */
const MAX_LAYER = 4095;

/**
 * Whether two demands are the same in every respect.
 * @throws CairnError `wire-bounds` as {@link checkDemand}
 */
export function sameDemand(a: Demand, b: Demand): boolean {
  return describe(a) === describe(b);
}

/**
 * Checks that a demand can be dealt.
 * @throws CairnError `wire-bounds` for a count that is not a number from 1, a shift or a width that no ring has, a map
 * without outputs, and a vector of more than 256 MiB
 */
export function checkDemand(demand: Demand): void {
  switch (demand.kind) {
    case 'and':
      inRange('rows', demand.rows, 1, MAX_VECTOR_BYTES);
      inRange('lanes', demand.lanes, 1, MAX_VECTOR_BYTES);
      bounded(demand, demand.rows * 4 * rowWords(demand.lanes));
      break;
    case 'linear': {
      inRange('batch', demand.batch, 1, MAX_VECTOR_BYTES);
      inRange('layer', demand.layer, 0, MAX_LAYER);
      checkMap(demand.map);
      const { inputs, outputs, weights } = mapSizes(demand.map);
      bounded(demand, Math.max(demand.batch * Math.max(inputs, outputs), weights) * wordBytes(demand.bits));
      break;
    }
    case 'rectify':
      inRange('shift', demand.shift, 0, demand.bits - 1);
      checkCount(demand, wordBytes(demand.bits));
      break;
    case 'wrap':
    case 'square':
      checkCount(demand, wordBytes(demand.bits));
      break;
    case 'transfer':
      checkCount(demand, LABEL_BYTES);
      break;
  }
}

/**
 * Bytes that the corrected side is told for a demand.
 * @throws CairnError `wire-bounds` as {@link checkDemand}
 */
export function correctionBytes(demand: Demand): number {
  checkDemand(demand);
  switch (demand.kind) {
    case 'and':
      return demand.rows * packedRowBytes(demand.lanes);
    case 'linear':
      return demand.batch * mapSizes(demand.map).outputs * wordBytes(demand.bits);
    case 'rectify':
      return (demand.shift === 0 ? 2 : 6) * demand.count * wordBytes(demand.bits);
    case 'wrap':
      return 2 * demand.count * wordBytes(demand.bits);
    case 'square':
      return demand.count * wordBytes(demand.bits);
    case 'transfer':
      return demand.count * LABEL_BYTES;
  }
}

/**
 * Bytes of the corrections of a piece.
 * @throws CairnError `wire-bounds` as {@link checkDemand}
 */
export function pieceCorrectionBytes(demands: readonly Demand[]): number {
  return demands.reduce((sum, demand) => sum + correctionBytes(demand), 0);
}

/** A demand in words, the same for equal demands: for comparison and for messages. */
export function describe(demand: Demand): string {
  switch (demand.kind) {
    case 'and':
      return `and triples, ${demand.rows} rows of ${demand.lanes} lanes`;
    case 'linear':
      return `${demand.form} products of layer ${demand.layer}, ${describeMap(demand.map)}, batch ${demand.batch}, ${demand.bits} bits`;
    case 'rectify':
      return `rectification of ${demand.count} values of ${demand.bits} bits, shifted by ${demand.shift}`;
    case 'wrap':
      return `truncation of ${demand.count} values of ${demand.bits} bits`;
    case 'square':
      return `squares of ${demand.count} values of ${demand.bits} bits`;
    case 'transfer':
      return `${demand.count} transfers from the ${demand.sender} side`;
  }
}

const describeMap = (map: LinearMap): string =>
  map.kind === 'dense'
    ? `dense ${map.inputs} × ${map.outputs}`
    : `convolution of ${map.channels} × ${map.height} × ${map.width} by ${map.filters} × ${map.size}², ` +
      `stride ${map.stride}, padding ${map.padding}`;

function checkMap(map: LinearMap): void {
  if (map.kind === 'dense') {
    inRange('inputs', map.inputs, 1, MAX_VECTOR_BYTES);
    inRange('outputs', map.outputs, 1, MAX_VECTOR_BYTES);
    return;
  }
  for (const field of ['channels', 'height', 'width', 'filters', 'size', 'stride'] as const) {
    inRange(field, map[field], 1, MAX_VECTOR_BYTES);
  }
  inRange('padding', map.padding, 0, map.size - 1);
  for (const extent of convolvedSize(map)) inRange('extent of a convolution’s output', extent, 1, MAX_VECTOR_BYTES);
}

function checkCount(demand: Demand & { readonly count: number }, bytes: number): void {
  inRange('count', demand.count, 1, MAX_VECTOR_BYTES);
  bounded(demand, demand.count * bytes);
}

function wordBytes(bits: number): 4 | 8 {
  if (bits === 32) return 4;
  if (bits === 64) return 8;
  throw new CairnError('wire-bounds', `rings have 32 or 64 bits, not ${bits}`);
}

function bounded(demand: Demand, bytes: number): void {
  if (bytes <= MAX_VECTOR_BYTES) return;
  throw new CairnError('wire-bounds', `${describe(demand)}: a vector would take ${bytes} bytes`, {
    hint: 'use a smaller batch',
  });
}

function inRange(field: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new CairnError('wire-bounds', `${field} of a demand must lie in ${min} … ${max}, but is ${value}`);
}
