import { equalSums } from '../../engine/sums.ts';
import type { ErrorCode } from '../../../protocol/errors.ts';
import type { RoundSettings } from '../../../protocol/wire/index.ts';
import { type AttackOutcome, namedCodes } from '../attack.ts';
import { beforePeaks } from './perceptron.ts';
import { Scene, type SceneOptions, TARGET } from './scene.ts';

/**
 * Starts a scene, runs the play in it, and always ends it.
 * @throws the signal's reason when aborted; whatever the play does
 */
export async function withScene(
  options: SceneOptions,
  signal: AbortSignal | undefined,
  play: (scene: Scene) => Promise<AttackOutcome>,
): Promise<AttackOutcome> {
  signal?.throwIfAborted();
  const scene = await Scene.start(options);
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', stop);
  });
  const playing = play(scene);
  // What it still awaits when the scene has ended never arrives, or fails unheard.
  playing.catch(() => undefined);
  try {
    return await Promise.race([playing, stopped]);
  } finally {
    signal?.removeEventListener('abort', stop);
    await scene.close();
  }
}

/** Codes with which members of a scene have left their rounds. */
export const refusalCodes = (scene: Scene, members: readonly number[] = scene.honest): ErrorCode[] =>
  members.flatMap((member) =>
    scene
      .client(member)
      .log.of('refused')
      .map(({ code }) => code),
  );

/** What the coordinator can compute about the target from all that it has seen in a round, and why no more. */
export function outcomeOf(scene: Scene, settings: RoundSettings, codes = refusalCodes(scene)): AttackOutcome {
  const { sum, candidate, loot } = scene.attempt(settings);
  const figures = {
    keyShares: loot?.key ?? 0,
    seedShares: loot?.seed ?? 0,
    threshold: loot?.threshold ?? 0,
    membersInSum: sum?.members.length ?? 0,
  };
  const alone = sum?.members.length === 1 && sum.members[0] === TARGET;
  if (alone && equalSums(beforePeaks(sum.values), scene.truth(settings))) {
    return { succeeded: true, learned: LEARNED_UPDATE, figures, stoppedBy: undefined };
  }
  const learned =
    sum !== undefined
      ? `the sum of ${sum.members.length} updates, as agreed`
      : candidate === undefined
        ? 'nothing: the target sent no masked input'
        : 'noise: masks are left on the target’s input';
  return { succeeded: false, learned, figures, stoppedBy: namedCodes(codes) ?? 'masks' };
}

/** The description of an attack that reads one member's update. */
const LEARNED_UPDATE = 'the target’s update, bit for bit';

/** What the difference of two sums gives away: the target's update if it equals what the attacker computed. */
export function outcomeOfDifference(
  found: Uint32Array | undefined,
  truth: Uint32Array,
  codes: Iterable<string>,
): AttackOutcome {
  const right = found?.filter((value, i) => value === truth[i]).length ?? 0;
  const figures = { wordsRead: right, words: truth.length };
  if (found !== undefined && equalSums(found, truth)) {
    return { succeeded: true, learned: LEARNED_UPDATE, figures, stoppedBy: undefined };
  }
  const learned = found === undefined ? 'one sum: the second one was not opened' : 'no update';
  return { succeeded: false, learned, figures, stoppedBy: namedCodes(codes) };
}
