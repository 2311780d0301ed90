import { describe, expect, it } from 'vitest';
import { ChameleonAsker } from '../../../inference/chameleon/asker.ts';
import { ChameleonOwner, chameleonModel } from '../../../inference/chameleon/owner.ts';
import { compile } from '../../../inference/plan/compile.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import { quantise } from '../../../inference/plan/quantise.ts';
import { traceOf } from '../../../inference/plan/trace.ts';
import type { LinearStep } from '../../../inference/plan/types.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { correctedSide, corrections, seededSide, WeightMasks } from '../../../protocol/mpc/dealer/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import { ring32, toFixed } from '../../../protocol/mpc/sharing/index.ts';
import { type Party, runPair } from '../../../protocol/mpc/turn.ts';
import { randomInputs, randomNetwork } from '../support/random-networks.ts';

/*
 * What the systems do not protect against, shown: an asker that does not follow the protocol (Lehmkuhl, Mishra, Srinivasan
 * and Popa, "Muse", USENIX Security 2021). docs/inference.md says so; bounds on questions are what is left.
 */

const HIDDEN = 6;
const CLASSES = 4;
const network = randomNetwork(
  8,
  [5],
  [{ kind: 'dense', units: HIDDEN }, { kind: 'relu' }, { kind: 'dense', units: CLASSES }],
);

/** Adds `shift` to one value of the asker's message before the last layer, and otherwise follows the protocol. */
function* shifting<T>(party: Party<T>, length: number, nth: number, place: number, shift: number): Party<T> {
  let input: Uint8Array = new Uint8Array(0);
  let seen = 0;
  for (;;) {
    const { done, value } = party.next(input);
    if (done === true) return value;
    if (value.kind === 'exchange' && value.receive === 0 && value.send?.length === length && ++seen === nth) {
      const words = ring32.fromBytes(value.send);
      words[place] = (words[place]! + shift) >>> 0;
      input = yield { ...value, send: ring32.toBytes(words) };
    } else {
      input = yield value;
    }
  }
}

/** Scores of one question, whose asker shifts a hidden value. */
function scoresWith(place: number, shift: number): Float64Array {
  const { plan } = compile(network, { system: 'chameleon', reveal: 'scores', ring: 32 });
  const layers = quantise(network, plan);
  const seeds = new Prg(new Uint8Array(32).fill(place + 1));
  const [maskSeed, seeded, corrected] = [seeds.bytes(32), seeds.bytes(32), seeds.bytes(32)];
  const demands = demandsOf(plan, 1);
  const masks = new WeightMasks({ corrected: maskSeed });
  const random = (length: number): Uint8Array => seeds.bytes(length);
  const owner = new ChameleonOwner(chameleonModel({ plan, layers, maskSeed, random }));
  const asker = new ChameleonAsker(plan);
  runPair(owner.setup(), asker.setup(), nodePermutation);
  const dealt = correctedSide(demands, corrected, corrections(demands, seeded, corrected, masks));
  runPair(owner.offline(1, dealt), asker.offline(1, seededSide(demands, seeded)), nodePermutation);
  const inputs = toFixed(ring32, randomInputs(5, 5), plan.fraction);
  const online = shifting(asker.online(inputs), HIDDEN * 4, 1, place, shift);
  return runPair(owner.online(), online, nodePermutation).results[1].scores!;
}

describe('an asker that shifts hidden values', () => {
  it('reads a column of the last layer’s weights from the scores of one question: this is not protected', () => {
    const { plan } = compile(network, { system: 'chameleon', reveal: 'scores', ring: 32 });
    const layers = quantise(network, plan);
    const { scale } = traceOf(plan);
    const last = plan.steps.filter((step): step is LinearStep => step.kind === 'linear').at(-1)!;
    const honest = scoresWith(2, 0);
    const shifted = scoresWith(2, 1);
    const weights = layers[last.layer]!.weights as Uint32Array;
    const column = Array.from({ length: CLASSES }, (_, output) => weights[2 * CLASSES + output]! | 0);
    const read = [...shifted].map((score, output) => Math.round((score - honest[output]!) * 2 ** scale.fraction));
    expect(read).toEqual(column);
  });
});
