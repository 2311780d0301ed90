import { CairnError } from '../../errors.ts';
import { Prg } from '../prg.ts';
import { checkDemand, correctionBytes, pieceCorrectionBytes, SEED_BYTES } from './demand.ts';
import { HeldCorrelations } from './held.ts';
import { dealt } from './kinds.ts';
import type { Correlations, Demand } from './types.ts';
import type { WeightMasks } from './weight-masks.ts';
import { wipe } from './wipe.ts';

/**
 * A piece: correlated randomness for one run of a plan, after Chameleon §4.2 (a semi-honest third party that deals it
 * before and is gone when inputs come), compressed so that one side holds a seed of 32 bytes and the other a seed and
 * corrections.
 *
 * What each side learns. A side's seed is uniform and independent of the other's, and whatever either draws comes from
 * its own seed. The seeded side sees its seed alone, so nothing of the other's. The corrected side sees besides, for each
 * value, that value minus a share that the seeded side drew for it and for nothing else. While ChaCha12 is pseudorandom
 * under the seeded side's seed, that share is uniform for it, hence the correction too, whatever the value: the
 * corrected side could have drawn the corrections itself. All of this ends if one side gets the other's seed, or if both
 * have the same: then every mask of the other is known to it. The dealer knows both seeds: it must not collude with
 * either side, and must deal correctly, which the sides do not check (semi-honest).
 *
 * A piece serves one run. If it serves two, the differences of what they masked are public.
 */

/**
 * What the seeded side holds of a piece.
 * @param seed 32 bytes; the caller wipes it
 * @throws CairnError `wire-bounds` for a demand that cannot be dealt, `key-invalid` for a seed of another length
 */
export function seededSide(demands: readonly Demand[], seed: Uint8Array): Correlations {
  const parts = drawn(demands, seed).map(({ demand, prg }) => {
    const part = dealt(demand).seeded(demand, prg);
    prg.wipe();
    return { demand, part };
  });
  return new HeldCorrelations('seeded', parts);
}

/**
 * What the corrected side holds of a piece.
 * @param seed its own 32 bytes, not the other side's; the caller wipes it
 * @param corrections what {@link corrections} gave for both seeds
 * @throws CairnError `wire-bounds` for corrections of another length or a demand that cannot be dealt,
 * `wire-not-canonical` for padding that is not zero, `key-invalid` for a seed of another length
 */
export function correctedSide(demands: readonly Demand[], seed: Uint8Array, corrections: Uint8Array): Correlations {
  const expected = pieceCorrectionBytes(demands);
  if (corrections.length !== expected) {
    throw new CairnError(
      'wire-bounds',
      `the corrections of this piece have ${expected} bytes, and ${corrections.length} came`,
    );
  }
  let at = 0;
  const parts = drawn(demands, seed).map(({ demand, prg }) => {
    const end = at + correctionBytes(demand);
    const kind = dealt(demand);
    const part = kind.complete(demand, kind.own(demand, prg), corrections.subarray(at, end));
    prg.wipe();
    at = end;
    return { demand, part };
  });
  return new HeldCorrelations('corrected', parts);
}

/**
 * What the dealer tells the corrected side, for all demands of a piece.
 * @param seededSeed 32 bytes, drawn for this piece and side
 * @param correctedSeed likewise
 * @param masks of the pair that the piece belongs to
 * @throws CairnError `wire-bounds` for a demand that cannot be dealt, `dealt-mismatch` if a mask seed is missing,
 * `key-invalid` for seeds of another length, or the same seed twice
 */
export function corrections(
  demands: readonly Demand[],
  seededSeed: Uint8Array,
  correctedSeed: Uint8Array,
  masks: WeightMasks,
): Uint8Array {
  // Not a slip of this caller's only: a peer that sends back the other side's seed would know all of its masks.
  if (seededSeed.every((byte, i) => byte === correctedSeed[i])) {
    throw new CairnError('key-invalid', 'both sides of a dealing have the same seed');
  }
  const out = new Uint8Array(pieceCorrectionBytes(demands));
  const ofCorrected = drawn(demands, correctedSeed);
  let at = 0;
  for (const [i, { demand, prg }] of drawn(demands, seededSeed).entries()) {
    const { prg: other } = ofCorrected[i]!;
    const kind = dealt(demand);
    const part = kind.seeded(demand, prg);
    const own = kind.own(demand, other);
    out.set(kind.correction(demand, part, own, masks), at);
    at += correctionBytes(demand);
    wipe([part, own]);
    prg.wipe();
    other.wipe();
  }
  return out;
}

/** Each demand with a separate generator, so that none depends on how much another draws. The caller wipes them. */
function drawn(
  demands: readonly Demand[],
  seed: Uint8Array,
): readonly { readonly demand: Demand; readonly prg: Prg }[] {
  for (const demand of demands) checkDemand(demand);
  const root = new Prg(seed);
  const keys = root.bytes(demands.length * SEED_BYTES);
  root.wipe();
  const all = demands.map((demand, i) => ({
    demand,
    prg: new Prg(keys.subarray(i * SEED_BYTES, (i + 1) * SEED_BYTES)),
  }));
  keys.fill(0);
  return all;
}
