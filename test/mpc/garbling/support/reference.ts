import { createDecipheriv } from 'node:crypto';
import type { Circuit } from '../../../../protocol/mpc/circuits/index.ts';

/**
 * Half-gates once more, one gate and one lane at a time with labels as numbers, after the figures of Zahur, Rosulek and
 * Evans (2015, figure 2) and Guo, Katz, Wang and Yu (2020): shares no code with what it is compared with.
 */

const LOW = (1n << 64n) - 1n;

/** A label's number: byte 0 is the lowest. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

export function toBytes(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
}

/** The linear orthomorphism: the first eight bytes of the result are the exclusive or of both halves, then the first half. */
function sigma(x: bigint): bigint {
  const first = x & LOW;
  const second = x >> 64n;
  return (first ^ second) | (first << 64n);
}

export function hash(key: Uint8Array, x: bigint, tweak: bigint): bigint {
  const input = sigma(x) ^ tweak;
  const cipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return toNumber(cipher.update(toBytes(input))) ^ input;
}

const times = (bit: bigint, x: bigint): bigint => (bit === 1n ? x : 0n);
const colour = (x: bigint): bigint => x & 1n;

export function garbleAnd(
  key: Uint8Array,
  index: bigint,
  a: bigint,
  b: bigint,
  delta: bigint,
): { readonly zero: bigint; readonly table: readonly [bigint, bigint] } {
  const [j, k] = [2n * index, 2n * index + 1n];
  const garblers = hash(key, a, j) ^ hash(key, a ^ delta, j) ^ times(colour(b), delta);
  const first = hash(key, a, j) ^ times(colour(a), garblers);
  const evaluators = hash(key, b, k) ^ hash(key, b ^ delta, k) ^ a;
  const second = hash(key, b, k) ^ times(colour(b), evaluators ^ a);
  return { zero: first ^ second, table: [garblers, evaluators] };
}

export function evaluateAnd(
  key: Uint8Array,
  index: bigint,
  a: bigint,
  b: bigint,
  [garblers, evaluators]: readonly [bigint, bigint],
): bigint {
  const first = hash(key, a, 2n * index) ^ times(colour(a), garblers);
  const second = hash(key, b, 2n * index + 1n) ^ times(colour(b), evaluators ^ a);
  return first ^ second;
}

/** The ANDs of a circuit in the order of their tables: by the number of ANDs before them on a path, then as they come. */
export function andOrder({ kinds, left, right, wires }: Circuit): number[] {
  const first = wires - kinds.length;
  const depth = (wire: number): number => (wire < first ? 0 : depths[wire - first]!);
  const depths: number[] = [];
  for (const [gate, kind] of kinds.entries()) {
    depths.push(Math.max(depth(left[gate]!), depth(right[gate]!)) + (kind === 1 ? 1 : 0));
  }
  const ands = [...kinds.keys()].filter((gate) => kinds[gate] === 1);
  return ands.sort((a, b) => depths[a]! - depths[b]! || a - b);
}

/**
 * Labels of all wires of a lane.
 * @param inputs labels of the input wires: for 0 in the garbler's case, those that the evaluator has in its case
 * @param offset what NOT adds
 * @param and makes the label of an AND
 */
export function walk(
  circuit: Circuit,
  inputs: readonly bigint[],
  offset: bigint,
  and: (gate: number, a: bigint, b: bigint) => bigint,
): bigint[] {
  const labels = [...inputs];
  for (const [gate, kind] of circuit.kinds.entries()) {
    const [a, b] = [labels[circuit.left[gate]!]!, labels[circuit.right[gate]!]!];
    labels.push(kind === 0 ? a ^ b : kind === 1 ? and(gate, a, b) : a ^ offset);
  }
  return labels;
}
