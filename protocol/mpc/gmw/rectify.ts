import { CairnError } from '../../errors.ts';
import type { AndTriples, Correlations, RectifyPart } from '../dealer/types.ts';
import type { Arena } from '../kernels/arena.ts';
import { withLease } from '../lease.ts';
import type { Ring, Words } from '../sharing/index.ts';
import { exchange, type Party } from '../turn.ts';
import { rectifier, rectifyDemands } from './correlated.ts';
import { Evaluation, expectRows, ownMask } from './evaluation.ts';
import { OpenedRows } from './opened-rows.ts';
import { spend, wipeWords } from './spend.ts';
import { WordRegion } from './word-region.ts';

/**
 * A party of a ReLU with an exact shift to the right: from additive shares of z to shares of ⌊max(z, 0) / 2^shift⌋, for
 * any z, without an error in the last place.
 *
 * A circuit under GMW gives XOR shares of the bit s that z is not negative, and of carries c and w. Then
 * ⌊z / 2^shift⌋ = t + c − w · 2^(bits − shift) if s is set, for the t whose shares are the shifted shares of z. In one more
 * exchange both open s, c and w, masked by dealt bits that are shared both by XOR and additively (daBits: Rotaru and
 * Wood 2019), and t − a for a dealt a; the rest is linear in what was dealt. So all that passes is uniform, whatever z is.
 * It takes ⌈log2 bits⌉ exchanges for the circuit, and the last one. Semi-honest parties: one that sends
 * other bits or words changes the result in ways that nothing notices.
 * @param correlations gives {@link rectifyDemands}, which are wiped when the party ends
 * @param shift from 0 to bits − 1
 * @returns fresh words
 * @throws CairnError `internal` for another shift or no values, `wire-bounds` or `internal` if what was dealt does not
 * fit or was used before, and what `take` throws; `wire-not-canonical` if the other party sends bits after the last lane
 */
export function* rectify<W extends Words>(
  ring: Ring<W>,
  party: 0 | 1,
  share: W,
  correlations: Correlations,
  shift: number,
): Party<W> {
  if (share.length === 0) throw new CairnError('internal', 'there are no values to rectify');
  const [and, demand] = rectifyDemands(ring.bits, share.length, shift);
  const triples = correlations.take(and);
  const part = correlations.take(demand);
  return yield* withLease((memory) => rectifyIn(memory, ring, party, share, triples, part, shift));
}

function* rectifyIn<W extends Words>(
  memory: Arena,
  ring: Ring<W>,
  party: 0 | 1,
  share: W,
  triples: AndTriples,
  part: RectifyPart,
  shift: number,
): Party<W> {
  const { kernels } = memory;
  const { bits } = ring;
  const count = share.length;
  const dealt = vectorsOf(part);
  const rows = shift === 0 ? 1 : 3;
  expectPart(part, dealt, rows, count);
  spend(part);
  const evaluation = new Evaluation(memory, rectifier(bits, shift), party, count);
  const opened = new OpenedRows(memory, rows, count);
  const words = new WordRegion(memory, ring, count, 2 + dealt.length);
  // A region's vectors: this party's t − a and at last its result, the other's t − a, and what was dealt.
  const [mine, theirs, first] = [0, 1, 2];
  words.set(mine, share);
  words.slice(mine, evaluation.input(party * bits));
  try {
    yield* evaluation.run(triples);
    const { rowBytes } = evaluation;
    memory.words(opened.mine, part.flips.words.length).set(part.flips.words);
    for (let row = 0; row < rows; row++) {
      kernels.xorInto(opened.mine + row * rowBytes, evaluation.output(row), rowBytes);
    }
    for (const [at, vector] of dealt.entries()) words.set(first + at, vector);
    const [shiftWords, subtract, finish] =
      bits === 32
        ? [kernels.ringShift32, kernels.ringSubtract32, kernels.finishRectify32]
        : [kernels.ringShift64, kernels.ringSubtract64, kernels.finishRectify64];
    const at = words.at(mine);
    shiftWords(at, at, words.pitch, shift, 0);
    subtract(at, at, words.at(first + 1), words.pitch);
    const message = opened.message(rows, share.byteLength);
    message.set(memory.bytes(at, share.byteLength));
    const received = yield* exchange(message);
    opened.accept(received.subarray(share.byteLength), rows);
    memory.bytes(words.at(theirs), share.byteLength).set(received.subarray(0, share.byteLength));
    kernels.xorInto(opened.mine, opened.theirs, rows * rowBytes);
    finish(opened.mine, rowBytes, at, words.at(theirs), words.at(first), shift, ownMask(party), at);
    return words.get(mine, ring, count);
  } finally {
    wipeWords(part.flips.words);
    for (const vector of dealt) wipeWords(vector);
  }
}

/** What was dealt, in the order in which the kernel wants it. */
function vectorsOf({ sign, mask, signMask, carries }: RectifyPart): readonly Words[] {
  const always = [sign, mask, signMask];
  if (carries === undefined) return always;
  return [...always, carries.carry, carries.signCarry, carries.wrap, carries.signWrap];
}

function expectPart({ flips }: RectifyPart, dealt: readonly Words[], rows: number, count: number): void {
  expectRows(flips, rows, count);
  if (dealt.length !== (rows === 1 ? 3 : 7) || dealt.some(({ length }) => length !== count)) {
    throw new CairnError('wire-bounds', `what was dealt is not for ${count} ReLUs`);
  }
}
