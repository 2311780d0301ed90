import { type Circuit, evaluateCircuit, inputWires } from '../../../../protocol/mpc/circuits/index.ts';
import { type Slices, zeroSlices } from '../../../../protocol/mpc/slices.ts';

/** A generator of test data that is the same in every run (splitmix64). */
export function testRandom(seed: bigint): (bits: number) => bigint {
  let state = seed;
  return (bits) => {
    let drawn = 0n;
    for (let have = 0; have < bits; have += 64) {
      state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
      let mixed = state;
      mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
      mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
      drawn = (drawn << 64n) | (mixed ^ (mixed >> 31n));
    }
    return BigInt.asUintN(bits, drawn);
  };
}

/** Slices of numbers: lane j of the rows holds the bits of `numbers[j]`, lowest first. */
export function slicesOf(numbers: readonly bigint[], width: number): Slices {
  const slices = zeroSlices(width, numbers.length);
  for (const [lane, number] of numbers.entries()) {
    const digits = number.toString(2);
    for (let bit = 0; bit < digits.length; bit++) {
      if (digits[digits.length - 1 - bit] === '0') continue;
      slices.words[bit * slices.stride + Math.floor(lane / 32)]! |= 1 << (lane % 32);
    }
  }
  return slices;
}

/** The numbers that {@link slicesOf} was given. */
export function numbersOf({ rows, lanes, stride, words }: Slices): bigint[] {
  return Array.from({ length: lanes }, (_, lane) => {
    let digits = '0b0';
    for (let bit = rows - 1; bit >= 0; bit--) {
      digits += String((words[bit * stride + Math.floor(lane / 32)]! >>> (lane % 32)) & 1);
    }
    return BigInt(digits);
  });
}

/** Evaluates a circuit for lists of values of its inputs, in order; outputs together are one number. */
export function evaluate(circuit: Circuit, values: readonly (readonly bigint[])[]): bigint[] {
  const joined = values.map((list) => {
    let shift = 0n;
    let number = 0n;
    for (const [at, value] of list.entries()) {
      const { width } = circuit.inputs[at]!;
      number |= BigInt.asUintN(width, value) << shift;
      shift += BigInt(width);
    }
    return number;
  });
  return numbersOf(evaluateCircuit(circuit, slicesOf(joined, inputWires(circuit))));
}

/**
 * Values for the inputs of a circuit: all of them if there are at most 2^12, else 1 000 at random of which some inputs
 * are 0, 1, the largest, or close to where the sign changes.
 */
export function casesFor(circuit: Circuit): bigint[][] {
  const widths = circuit.inputs.map(({ width }) => width);
  const total = inputWires(circuit);
  if (total <= 12) return Array.from({ length: 2 ** total }, (_, number) => cut(BigInt(number), widths));
  const random = testRandom(BigInt(total));
  return Array.from({ length: 1000 }, () =>
    widths.map((width) => {
      const half = 1n << BigInt(width - 1);
      const corner = [0n, 1n, -1n, half, half - 1n, half + 1n][Number(random(4))];
      return BigInt.asUintN(width, corner ?? random(width));
    }),
  );
}

function cut(number: bigint, widths: readonly number[]): bigint[] {
  let left = number;
  return widths.map((width) => {
    const value = BigInt.asUintN(width, left);
    left >>= BigInt(width);
    return value;
  });
}
