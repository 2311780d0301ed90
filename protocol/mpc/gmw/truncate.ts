import { CairnError } from '../../errors.ts';
import type { AndTriples, Correlations, WrapPart } from '../dealer/types.ts';
import type { Arena } from '../kernels/arena.ts';
import { withLease } from '../lease.ts';
import type { Ring, Words } from '../sharing/index.ts';
import { exchange, type Party } from '../turn.ts';
import { type ShiftRange, truncateDemands, wrapper } from './correlated.ts';
import { Evaluation, expectRows, ownMask } from './evaluation.ts';
import { OpenedRows } from './opened-rows.ts';
import { spend, wipeWords } from './spend.ts';
import { WordRegion } from './word-region.ts';

/**
 * A party of an exact shift to the right: from additive shares of a signed z to shares of ⌊z / 2^shift⌋, without the
 * errors of local truncation (SecureML §4.1). 2^(bits − 1) is added before and 2^(bits − 1 − shift) subtracted after, so
 * that the number that is shifted has no sign; then the bits that correct the shifted shares, the carry out of the low bits
 * and that out of the word, come from a circuit under GMW and become additive shares as in `rectify`, without products.
 *
 * With the range `half`, 2^(bits − 2) is added instead, and z must be from −2^(bits − 2) to 2^(bits − 2) − 1: the carry out
 * of the word then takes one AND, and ⌈log2(shift + 1)⌉ exchanges replace ⌈log2(bits + 1)⌉. For another z the result is
 * wrong. One more exchange follows. All that passes is uniform; semi-honest parties, as in `rectify`.
 * @param correlations gives {@link truncateDemands}, which are wiped when the party ends
 * @param shift from 1 to bits − 1, and to bits − 2 if the range is `half`
 * @returns fresh words
 * @throws CairnError as `rectify` does
 */
export function* truncateExactly<W extends Words>(
  ring: Ring<W>,
  party: 0 | 1,
  share: W,
  correlations: Correlations,
  shift: number,
  range: ShiftRange = 'any',
): Party<W> {
  if (share.length === 0) throw new CairnError('internal', 'there are no values to shift');
  const offset = ring.bits - (range === 'any' ? 1 : 2);
  if (shift > offset) throw new CairnError('internal', `expected a shift up to ${offset}, got ${shift}`);
  const [and, demand] = truncateDemands(ring.bits, share.length, shift, range);
  const triples = correlations.take(and);
  const part = correlations.take(demand);
  return yield* withLease(function* (memory) {
    return yield* truncateIn(memory, ring, party, share, triples, part, shift, range, offset);
  });
}

function* truncateIn<W extends Words>(
  memory: Arena,
  ring: Ring<W>,
  party: 0 | 1,
  share: W,
  triples: AndTriples,
  part: WrapPart,
  shift: number,
  range: ShiftRange,
  offset: number,
): Party<W> {
  const { kernels } = memory;
  const { bits } = ring;
  const count = share.length;
  expectPart(part, count);
  spend(part);
  const evaluation = new Evaluation(memory, wrapper(bits, shift, range), party, count);
  const opened = new OpenedRows(memory, 2, count);
  const words = new WordRegion(memory, ring, count, 3);
  const at = words.at(0);
  words.set(0, share);
  const [addPower, shiftWords, finish] =
    bits === 32
      ? [kernels.addPower32, kernels.ringShift32, kernels.finishTruncate32]
      : [kernels.addPower64, kernels.ringShift64, kernels.finishTruncate64];
  if (party === 0) addPower(at, words.pitch, offset);
  words.slice(0, evaluation.input(party * bits));
  try {
    yield* evaluation.run(triples);
    const { rowBytes } = evaluation;
    memory.words(opened.mine, part.flips.words.length).set(part.flips.words);
    for (const row of [0, 1]) kernels.xorInto(opened.mine + row * rowBytes, evaluation.output(row), rowBytes);
    opened.accept(yield* exchange(opened.message(2)), 2);
    kernels.xorInto(opened.mine, opened.theirs, 2 * rowBytes);
    words.set(1, part.carry);
    words.set(2, part.wrap);
    shiftWords(at, at, words.pitch, shift, 0);
    finish(opened.mine, rowBytes, at, words.at(1), shift, offset - shift, ownMask(party));
    return words.get(0, ring, count);
  } finally {
    for (const dealt of [part.flips.words, part.carry, part.wrap]) wipeWords(dealt);
  }
}

function expectPart({ flips, carry, wrap }: WrapPart, count: number): void {
  expectRows(flips, 2, count);
  if (carry.length !== count || wrap.length !== count) {
    throw new CairnError('wire-bounds', `what was dealt is not for ${count} shifts`);
  }
}
