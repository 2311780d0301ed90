import { joinAnswer, shareInputs } from '../../../inference/secureml/asker.ts';
import { SecureMlServer } from '../../../inference/secureml/server.ts';
import { splitLayers } from '../../../inference/secureml/split.ts';
import { demandsOf } from '../../../inference/plan/demands.ts';
import type { QuantisedLayer } from '../../../inference/plan/quantise.ts';
import type { Plan } from '../../../inference/plan/types.ts';
import type { Answer } from '../../../inference/systems.ts';
import { nodePermutation } from '../../../protocol/crypto/node/index.ts';
import { correctedSide, corrections, seededSide, WeightMasks } from '../../../protocol/mpc/dealer/index.ts';
import { Prg } from '../../../protocol/mpc/prg.ts';
import type { Words } from '../../../protocol/mpc/sharing/index.ts';
import { type PairResult, runPair } from '../../../protocol/mpc/turn.ts';

/** What happened in a run of one batch. */
export interface SecureMlRun {
  readonly answer: Answer;
  readonly online: PairResult<Uint8Array, Uint8Array>;
}

/** Runs a plan between two servers in this thread, with a dealer in between. */
export function runSecureMl(
  plan: Plan,
  layers: readonly QuantisedLayer[],
  inputs: Words,
  batch: number,
  seed = 7,
): SecureMlRun {
  const seeds = new Prg(new Uint8Array(32).fill(seed));
  const random = (length: number): Uint8Array => seeds.bytes(length);
  const [maskA, maskB, seeded, corrected] = [random(32), random(32), random(32), random(32)];
  const [layersA, layersB] = splitLayers(plan, layers, random);
  const demands = demandsOf(plan, batch);
  const masks = new WeightMasks({ seeded: maskA, corrected: maskB });
  const a = new SecureMlServer({ plan, role: 'a', layers: layersA, maskSeed: maskA, random });
  const b = new SecureMlServer({ plan, role: 'b', layers: layersB, maskSeed: maskB, random });
  runPair(a.setup(), b.setup(), nodePermutation);
  const dealtB = correctedSide(demands, corrected, corrections(demands, seeded, corrected, masks));
  runPair(a.offline(batch, seededSide(demands, seeded)), b.offline(batch, dealtB), nodePermutation);
  const [shareA, shareB] = shareInputs(plan, inputs, random);
  const online = runPair(a.online(shareA), b.online(shareB), nodePermutation);
  return { answer: joinAnswer(plan, batch, ...online.results), online };
}
