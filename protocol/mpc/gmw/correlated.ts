import { type Circuit, rectifyCircuit, wrapCircuit } from '../circuits/index.ts';
import type { AndDemand, RectifyDemand, WrapDemand } from '../dealer/types.ts';

/**
 * The values that an exact shift is right for: `any`, or those from −2^(bits − 2) to 2^(bits − 2) − 1, which takes fewer
 * rounds.
 */
export type ShiftRange = 'any' | 'half';

const circuits = new Map<string, Circuit>();

/** A circuit that was made before, or is made now: there are as many as widths, shifts and ranges. */
function once(key: string, make: () => Circuit): Circuit {
  let circuit = circuits.get(key);
  if (circuit === undefined) {
    circuit = make();
    circuits.set(key, circuit);
  }
  return circuit;
}

/** The circuit that `rectify` evaluates. */
export function rectifier(bits: 32 | 64, shift: number): Circuit {
  return once(`rectify ${bits} ${shift}`, () => rectifyCircuit(bits, shift));
}

/** The circuit that `truncateExactly` evaluates. */
export function wrapper(bits: 32 | 64, shift: number, range: ShiftRange): Circuit {
  return once(`wrap ${bits} ${shift} ${range}`, () => wrapCircuit(bits, shift, range));
}

/** What `rectify` takes, in this order. */
export function rectifyDemands(bits: 32 | 64, count: number, shift: number): readonly [AndDemand, RectifyDemand] {
  return [
    { kind: 'and', rows: rectifier(bits, shift).ands, lanes: count },
    { kind: 'rectify', bits, count, shift },
  ];
}

/** What `truncateExactly` takes, in this order. */
export function truncateDemands(
  bits: 32 | 64,
  count: number,
  shift: number,
  range: ShiftRange = 'any',
): readonly [AndDemand, WrapDemand] {
  return [
    { kind: 'and', rows: wrapper(bits, shift, range).ands, lanes: count },
    { kind: 'wrap', bits, count },
  ];
}

/**
 * What `maxOf` takes, in this order: rectifiers for the rounds of a tournament.
 * @param count tournaments
 * @param width values of each, from 1
 */
export function maxDemands(bits: 32 | 64, count: number, width: number): readonly (AndDemand | RectifyDemand)[] {
  return tournament(width).flatMap((pairs) => rectifyDemands(bits, count * pairs, 0));
}

/** Pairs in each round of a tournament: of an odd number, one waits for the next round. */
export function tournament(width: number): readonly number[] {
  const rounds: number[] = [];
  for (let left = width; left > 1; left = Math.ceil(left / 2)) rounds.push(Math.floor(left / 2));
  return rounds;
}
