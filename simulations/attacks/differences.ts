import { encodeSafetensors } from '../../protocol/model/index.ts';
import type { RoundSettings } from '../../protocol/wire/index.ts';
import type { Attack, AttackOutcome } from './attack.ts';
import type { EvilRound } from './coordinator/evil-round.ts';
import { EXAMPLES, LAYOUT, SHAPES } from './coordinator/perceptron.ts';
import { type Scene, type SceneOptions, TARGET } from './coordinator/scene.ts';
import { combined, forgetful, run, sumOf } from './coordinator/sums.ts';
import { outcomeOfDifference, refusalCodes, withScene } from './coordinator/with-scene.ts';

// Two sums that differ in one member's update, each of which may be opened on its own.

/** The members of a scene without the target. */
const withoutTarget = (hall: Scene): number[] => hall.honest.filter((member) => member !== TARGET);

/** What two rounds reveal: Σ factor·sum, if both were opened. */
function difference(
  hall: Scene,
  settings: RoundSettings,
  rounds: readonly (readonly [factor: number, round: EvilRound])[],
): AttackOutcome {
  const opened = rounds.every(([, { end }]) => end?.kind === 'committed');
  const found = opened
    ? combined(settings, ...rounds.map(([factor, round]) => [factor, sumOf(round)] as const)).subarray(0, LAYOUT.size)
    : undefined;
  return outcomeOfDifference(found, hall.truth(settings).subarray(0, LAYOUT.size), refusalCodes(hall));
}

/** Disaggregation in its simplest form. */
export const sumDifference: Attack = {
  name: 'sum-difference',
  title: 'opens a sum, calls the round abandoned, and opens it again without the target',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §8; Lam et al., ICML 2021',
  protection: 'a client signs one set of members for each model, and remembers it',
  without: 'clients that forget what they signed',
  run: ({ protected: safe, seed, signal }) =>
    withScene({ seed: `difference ${seed}`, n: 7, ...(safe ? {} : { consent: forgetful }) }, signal, async (hall) => {
      const settings = hall.settings();
      const first = await run(hall, settings);
      const second = await run(hall, hall.settings(), withoutTarget(hall));
      return difference(hall, settings, [
        [1, first],
        [-1, second],
      ]);
    }),
};

/**
 * The all-zero model with one value moved by the smallest possible amount. The last class then loses ties, as it does
 * anyway, so every member trains as before.
 */
function movedModel(): Uint8Array {
  const tensors = LAYOUT.unflatten(new Float32Array(LAYOUT.size));
  tensors['bias']!.set([-(2 ** -149)], tensors['bias']!.length - 1);
  return encodeSafetensors(tensors, SHAPES);
}

/** Disaggregation that a memory of models does not see. */
export const nearModel: Attack = {
  name: 'near-model',
  title: 'opens two sums, without the target in the second, from models one unit in the last place apart',
  attacker: 'the coordinator, alone',
  source: 'docs/security.md §5, nearly the same model',
  protection: 'minCohortDifference in the client’s policy: any two sums differ in that many members',
  without: 'the default policy, which only compares sums from the same model',
  run: ({ protected: safe, seed, signal }) => {
    const policy = safe ? { minCohortDifference: 2 } : {};
    return withScene({ seed: `near model ${seed}`, n: 7, policy }, signal, async (hall) => {
      const settings = hall.settings();
      const first = await run(hall, settings);
      const modelHash = hall.coordinator.publish(movedModel());
      const second = await run(hall, hall.settings({ modelHash }), withoutTarget(hall));
      return difference(hall, settings, [
        [1, first],
        [-1, second],
      ]);
    });
  },
};

const FEW = EXAMPLES / 2;

/** Seven honest members and no accomplice; the target has twice as many examples as the others. */
export const UNEQUAL: Omit<SceneOptions, 'seed'> = {
  n: 7,
  examples: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((member) => [member, member === TARGET ? EXAMPLES : FEW])),
};

/**
 * Two rounds of which the second counts no more examples than the others have: the target's weight falls to theirs.
 * With half the clip every other input is the same in both, and the target's is twice as large in the first.
 */
export function termsPair(hall: Scene): { readonly first: RoundSettings; readonly second: RoundSettings } {
  const second = hall.settings({ maxExamples: FEW });
  return { first: hall.settings({ maxExamples: EXAMPLES, clip: second.clip / 2 }), second };
}

/** Disaggregation with the same members in both sums. */
export const changedTerms: Attack = {
  name: 'changed-terms',
  title: 'opens two sums of the same members, on terms that halve only the target’s weight',
  attacker: 'the coordinator, alone',
  source: 'docs/protocol.md §7.8',
  protection: 'a client sends one input for each model and repeat, on one set of terms',
  without: 'clients that forget on what terms they sent it',
  run: ({ protected: safe, seed, signal }) =>
    withScene({ ...UNEQUAL, seed: `terms ${seed}`, ...(safe ? {} : { consent: forgetful }) }, signal, async (hall) => {
      const { first, second } = termsPair(hall);
      const high = await run(hall, first);
      const low = await run(hall, second);
      return difference(hall, second, [
        [1, high],
        [-1, low],
      ]);
    }),
};
