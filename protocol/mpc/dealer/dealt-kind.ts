import type { Prg } from '../prg.ts';
import type { WeightMasks } from './weight-masks.ts';

/**
 * How one kind of demand is dealt. All four work on the same two draws, so that what the dealer computes is what the
 * sides hold:
 *
 *     seeded side     part := seeded(prg of its seed)
 *     corrected side  own := own(prg of its seed); part := complete(own, correction)
 *     dealer          correction := correction(seeded(…), own(…))
 *
 * A correction is always the value that the corrected side must hold, minus (or xor) one that the seeded side has drawn
 * and that hides it: see each kind.
 */
export interface DealtKind<Demand, Part, Own> {
  /** What the seeded side holds: all of it comes from its seed. */
  seeded(demand: Demand, prg: Prg): Part;
  /** What the corrected side draws from its seed. */
  own(demand: Demand, prg: Prg): Own;
  /** What the dealer tells the corrected side: as many bytes as `correctionBytes` says. */
  correction(demand: Demand, seeded: Part, own: Own, masks: WeightMasks): Uint8Array;
  /** What the corrected side holds. */
  complete(demand: Demand, own: Own, correction: Uint8Array): Part;
}
