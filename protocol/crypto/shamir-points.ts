import { CairnError } from '../errors.ts';
import { mul, rootOfUnity } from './field.ts';
import { FIELD } from './suite.ts';

/** The error for settings that no sharing can have. */
export function invalid(message: string): CairnError {
  return new CairnError('settings-invalid', message);
}

/**
 * The order of the root of unity for a number of slots.
 * @throws CairnError `settings-invalid` for a number outside [1, 2^21]
 */
export function orderFor(domain: number): number {
  if (!Number.isInteger(domain) || domain < 1 || domain > 2 ** FIELD.twoAdicity) {
    throw invalid(`domain: expected 1 to 2^21 slots, got ${domain}`);
  }
  let order = 2;
  while (order < domain) order *= 2;
  return order;
}

function expectSlots(domain: number, slots: readonly number[]): void {
  const seen = new Set<number>();
  for (const slot of slots) {
    if (!Number.isInteger(slot) || slot < 0 || slot >= domain) {
      throw invalid(`slot: expected an integer below ${domain}, got ${slot}`);
    }
    if (seen.has(slot)) throw invalid(`slot ${slot}: expected once, got twice`);
    seen.add(slot);
  }
}

/**
 * ω^s for each slot s: the points at which its member's share has the polynomials' values.
 * @throws CairnError `settings-invalid` for a domain outside [1, 2^21], slots outside the domain or repeated
 */
export function pointsOf(domain: number, slots: readonly number[]): Float64Array {
  const order = orderFor(domain);
  expectSlots(domain, slots);
  const root = rootOfUnity(order);
  const squares: number[] = [];
  for (let square = root, span = 1; span < order; span *= 2, square = mul(square, square)) squares.push(square);
  return Float64Array.from(slots, (slot) => {
    let point = 1;
    for (let bit = 0; bit < squares.length; bit++) if ((slot >>> bit) % 2 === 1) point = mul(point, squares[bit]!);
    return point;
  });
}
