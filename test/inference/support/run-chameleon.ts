import { ChameleonAsker } from '../../../inference/chameleon/asker.ts';
import { ChameleonOwner, chameleonModel } from '../../../inference/chameleon/owner.ts';
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
export interface ChameleonRun {
  readonly answer: Answer;
  readonly setup: PairResult<void, void>;
  readonly offline: PairResult<void, void>;
  readonly online: PairResult<void, Answer>;
}

/** Runs a plan between an owner and an asker in this thread, with a dealer in between. */
export function runChameleon(
  plan: Plan,
  layers: readonly QuantisedLayer[],
  inputs: Words,
  batch: number,
  seed = 7,
): ChameleonRun {
  const seeds = new Prg(new Uint8Array(32).fill(seed));
  const [maskSeed, seeded, corrected] = [seeds.bytes(32), seeds.bytes(32), seeds.bytes(32)];
  const demands = demandsOf(plan, batch);
  const masks = new WeightMasks({ corrected: maskSeed });
  const dealtToOwner = correctedSide(demands, corrected, corrections(demands, seeded, corrected, masks));
  const dealtToAsker = seededSide(demands, seeded);
  const owner = new ChameleonOwner(chameleonModel({ plan, layers, maskSeed, random: (length) => seeds.bytes(length) }));
  const asker = new ChameleonAsker(plan);
  const setup = runPair(owner.setup(), asker.setup(), nodePermutation);
  const offline = runPair(owner.offline(batch, dealtToOwner), asker.offline(batch, dealtToAsker), nodePermutation);
  const online = runPair(owner.online(), asker.online(inputs), nodePermutation);
  return { answer: online.results[1], setup, offline, online };
}
