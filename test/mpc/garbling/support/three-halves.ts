import { hash } from './reference.ts';

/**
 * Three-halves once more, with labels as numbers: the system of equations written out for all four cases and checked,
 * where the kernel knows its solution.
 */

/** A label's halves. */
type Halves = readonly [bigint, bigint];

const LOW = (1n << 64n) - 1n;
const halves = (label: bigint): Halves => [label & LOW, label >> 64n];
const label = ([left, right]: Halves): bigint => left | (right << 64n);

/** The two matrices that the bits of r choose, on (A_l, A_r, B_l, B_r): a row for the left half, one for the right. */
const DICE = [
  [
    [1, 1, 0, 1],
    [0, 1, 1, 0],
  ],
  [
    [1, 0, 1, 1],
    [1, 1, 0, 1],
  ],
] as const;

/** What r adds in case ij. */
function added(r: number, i: number, j: number, a: bigint, b: bigint): Halves {
  const operands = [...halves(a), ...halves(b)];
  const row = (half: 0 | 1): bigint =>
    operands.reduce((sum, operand, at) => {
      const coefficient =
        (r & 1) * DICE[0][half][at]! +
        (r >> 1) * DICE[1][half][at]! +
        (half === 0 && at === 2 ? i : 0) +
        (half === 1 && at === 1 ? j : 0);
      return coefficient % 2 === 1 ? sum ^ operand : sum;
    }, 0n);
  return [row(0), row(1)];
}

/** r of case ij, given that of case 00 and the colours a and b of the labels for 0. */
export function diceOf(r: number, i: number, j: number, a: number, b: number): number {
  const difference = [0, a | (b << 1), b | ((a ^ b) << 1), (a ^ b) | (a << 1)][2 * i + j]!;
  return r ^ difference;
}

export function garbleAnd(
  key: Uint8Array,
  index: bigint,
  zeroA: bigint,
  zeroB: bigint,
  delta: bigint,
): { readonly zero: bigint; readonly table: Uint8Array } {
  const [a, b] = [Number(zeroA & 1n), Number(zeroB & 1n)];
  const byColour = (zero: bigint, at: number): bigint => (Number(zero & 1n) === at ? zero : zero ^ delta);
  const hashA = [0, 1].map((i) => hash(key, byColour(zeroA, i), 3n * index));
  const hashB = [0, 1].map((j) => hash(key, byColour(zeroB, j), 3n * index + 1n));
  const both = byColour(zeroA, 0) ^ byColour(zeroB, 0);
  const hashX = [both, both ^ delta].map((x) => hash(key, x, 3n * index + 2n));
  const pad = (i: number, j: number): number =>
    Number(((hashA[i]! >> BigInt(64 + 2 * j)) ^ (hashB[j]! >> BigInt(64 + 2 * i))) & 3n);
  // What the tables must make up for in case ij.
  const wanted = (i: number, j: number): Halves => {
    const r = diceOf(pad(0, 0), i, j, a, b);
    const more = added(r, i, j, byColour(zeroA, i), byColour(zeroB, j));
    const result = ((i ^ a) & (j ^ b)) === 1 ? halves(delta) : ([0n, 0n] as const);
    return [
      (hashA[i]! & LOW) ^ (hashX[i ^ j]! & LOW) ^ more[0] ^ result[0],
      (hashB[j]! & LOW) ^ (hashX[i ^ j]! & LOW) ^ more[1] ^ result[1],
    ];
  };
  const zero = wanted(0, 0);
  const third = wanted(0, 1)[0] ^ zero[0];
  const first = wanted(1, 0)[0] ^ zero[0] ^ third;
  const second = wanted(0, 1)[1] ^ zero[1] ^ third;
  const made = (i: number, j: number): Halves => [
    (i === 1 ? first : 0n) ^ (i === j ? 0n : third),
    (j === 1 ? second : 0n) ^ (i === j ? 0n : third),
  ];
  for (const [i, j] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ] as const) {
    const [left, right] = wanted(i, j);
    if ((left ^ made(i, j)[0]) !== zero[0] || (right ^ made(i, j)[1]) !== zero[1]) {
      throw new Error(`case ${i}${j} has another label`);
    }
  }
  const dice = [
    [0, 1],
    [1, 0],
    [1, 1],
  ].map(([i, j]) => diceOf(pad(0, 0), i!, j!, a, b) ^ pad(i!, j!));
  const table = new Uint8Array(25);
  const view = new DataView(table.buffer);
  for (const [at, half] of [first, second, third].entries()) view.setBigUint64(8 * at, half, true);
  table[24] = dice[0]! | (dice[1]! << 2) | (dice[2]! << 4);
  return { zero: label(zero), table };
}
