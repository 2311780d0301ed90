import { type Members, sizeOf, subsetsOf } from './world.ts';

/**
 * One sum that the coordinator has: Σ of inputs. A member's inputs are told apart by their version: another training of it
 * is another unknown. Row: version of the input that each member has in it, −1 for none.
 */
export type Sum = readonly number[];

/** Arithmetic modulo a prime above every coefficient that could come up: a rank over it is that over the rationals. */
const PRIME = 1_000_003;

function inverse(value: number): number {
  let [r, s, a, b] = [PRIME, value, 0, 1];
  while (s !== 0) {
    const q = Math.floor(r / s);
    [r, s, a, b] = [s, r - q * s, b, a - q * b];
  }
  return ((a % PRIME) + PRIME) % PRIME;
}

/** Rank of the sums when only the inputs of these members are looked at. */
function rankOn(sums: readonly Sum[], members: Members): number {
  const versions = Math.max(0, ...sums.flat()) + 1;
  const rows: number[][] = sums.map((sum) =>
    sum.flatMap((version, member) =>
      ((members >> member) & 1) === 0 ? [] : Array.from({ length: versions }, (_, v) => (v === version ? 1 : 0)),
    ),
  );
  let rank = 0;
  const width = rows[0]?.length ?? 0;
  for (let column = 0; column < width && rank < rows.length; column++) {
    const pivot = rows.findIndex((row, i) => i >= rank && row[column] !== 0);
    if (pivot < 0) continue;
    [rows[rank], rows[pivot]] = [rows[pivot]!, rows[rank]!];
    const scale = inverse(rows[rank]![column]!);
    for (let i = rank + 1; i < rows.length; i++) {
      const factor = (rows[i]![column]! * scale) % PRIME;
      if (factor === 0) continue;
      for (let j = column; j < width; j++) {
        rows[i]![j] = (((rows[i]![j]! - factor * rows[rank]![j]!) % PRIME) + PRIME) % PRIME;
      }
    }
    rank++;
  }
  return rank;
}

/**
 * The fewest honest members on whose inputs alone some combination of the sums depends: 1 means that a member's input, or
 * the change between two of its inputs, is known. Infinity where nothing was opened.
 */
export function fewestExposed(sums: readonly Sum[], honest: Members): number {
  const all = rankOn(sums, honest);
  let fewest = Infinity;
  for (const group of subsetsOf(honest)) {
    const size = sizeOf(group);
    // A combination that vanishes outside of the group: outside of it the sums have a smaller rank.
    if (group !== 0 && size < fewest && rankOn(sums, honest & ~group) < all) fewest = size;
  }
  return fewest;
}
