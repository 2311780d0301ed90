import { CairnError } from '../../protocol/errors.ts';
import type { Circuit } from '../../protocol/mpc/circuits/index.ts';
import type { Correlations, Side, TransferPart } from '../../protocol/mpc/dealer/index.ts';
import { evaluatorFinish, evaluatorPrepare, garble, garblerFinish } from '../../protocol/mpc/garbling/index.ts';
import type { Prg } from '../../protocol/mpc/index.ts';
import { joinWords32, joinWords64, type Party, rowWords, type Slices, sliceWords } from '../../protocol/mpc/index.ts';
import { type Ring, wipeWords, type Words } from '../../protocol/mpc/sharing/index.ts';

/** The words whose bits are a lane's rows. */
function wordsOf(ring: Ring, slices: Slices): Words {
  return ring.bits === 32 ? joinWords32(slices) : joinWords64(slices);
}

/** Rows below each other. */
export function stacked(first: Slices, second: Slices): Slices {
  const { lanes } = first;
  const stride = rowWords(lanes);
  const words = new Uint32Array((first.rows + second.rows) * stride);
  words.set(first.words);
  words.set(second.words, first.words.length);
  return { rows: first.rows + second.rows, lanes, stride, words };
}

/** Correlated transfers of a circuit's evaluator, taken from what was dealt; the corrected side garbles. */
export function takeTransfers(dealt: Correlations, count: number) {
  return dealt.take({ kind: 'transfer', count, sender: 'corrected' satisfies Side });
}

/**
 * The garbler's share after a garbled circuit of one value a lane, whose inputs are its share and the new share r, which
 * it draws here.
 */
export function* garbledByGarbler(
  ring: Ring,
  circuit: Circuit,
  share: Words,
  part: TransferPart,
  prg: Prg,
): Party<Words> {
  if (part.role !== 'sender') throw new CairnError('internal', 'the garbler is the sender of transfers');
  const fresh = ring.draw(prg, share.length);
  const own = stacked(sliceWords(share), sliceWords(fresh));
  try {
    const state = yield* garble(circuit, share.length, { transfers: part.sender, prg });
    yield* garblerFinish(state, own, 'evaluator');
    return fresh;
  } finally {
    own.words.fill(0);
  }
}

/** The evaluator's share after the same: what the circuit gives, which r masks. */
export function* garbledByEvaluator(ring: Ring, circuit: Circuit, share: Words, part: TransferPart): Party<Words> {
  if (part.role !== 'receiver') throw new CairnError('internal', 'the evaluator is the receiver of transfers');
  const own = sliceWords(share);
  try {
    const state = yield* evaluatorPrepare(circuit, share.length, { transfers: part.receiver, own });
    return wordsOf(ring, (yield* evaluatorFinish(state, 'evaluator'))!);
  } finally {
    own.words.fill(0);
    wipeWords(share);
  }
}
