import { NO_RECORD } from '../../../client/internal.ts';
import type { ConsentMemory } from '../../../client/index.ts';
import { DEFAULT_SUITE } from '../../../protocol/crypto/index.ts';
import { memberId } from '../../../protocol/ids.ts';
import { encodeOutcome, type RoundSettings } from '../../../protocol/wire/index.ts';
import { rewriting } from '../open-round/lab.ts';
import type { EvilRound, Script } from './evil-round.ts';
import { beforePeaks } from './perceptron.ts';
import type { Scene } from './scene.ts';

/** The sum is opened, and the coordinator says that the round was abandoned. */
export const abandoned: Script = {
  down: (mail, { context }) =>
    rewriting('outcome', () =>
      encodeOutcome({ suite: DEFAULT_SUITE, context, kind: 'abandoned', code: 'round-abandoned', message: '' }),
    )(mail),
};

/**
 * A memory that forgets every input and every set immediately, and knows only its session: a client without a memory.
 */
export function forgetful(): ConsentMemory {
  let latest = NO_RECORD;
  return {
    read: () => Promise.resolve(latest),
    change: (edit) => {
      const { models } = edit(latest);
      latest = { ...NO_RECORD, models: models.map((model) => ({ ...model, inputs: [], signed: undefined })) };
      return Promise.resolve();
    },
  };
}

/** A round among these members, until it is over for the coordinator and for each honest one of them. */
export async function run(
  hall: Scene,
  settings: RoundSettings,
  invited: readonly number[] = hall.members,
  script: Script = abandoned,
): Promise<EvilRound> {
  const clients = hall.honest.filter((member) => invited.includes(member)).map((member) => hall.client(member));
  const ended = (): number[] =>
    clients.map(({ log }) => log.of('refused').length + log.of('abandoned').length + log.of('committed').length);
  const before = ended();
  const round = hall.round(script, settings, { invited: invited.map(memberId) });
  await hall.until(() => round.end !== undefined);
  await hall.until(() => ended().every((count, i) => count > before[i]!));
  return round;
}

/** The sum of a round, without its peaks. @throws Error if there is none */
export function sumOf({ end }: EvilRound): Uint32Array {
  if (end?.kind !== 'committed') throw new Error('the round has no sum');
  return beforePeaks(end.sum);
}

/** Σ cᵢ·vᵢ, coordinate by coordinate, modulo 2^modulusBits. */
export function combined(
  { modulusBits }: RoundSettings,
  ...terms: readonly (readonly [number, Uint32Array])[]
): Uint32Array {
  const unused = 32 - modulusBits;
  return terms[0]![1].map((_, i) => {
    const total = terms.reduce((sum, [factor, values]) => (sum + Math.imul(factor, values[i]!)) | 0, 0);
    return (total << unused) >>> unused;
  });
}

/** Codes of the refusals of these members, each once. */
export const refusals = (hall: Scene, members: readonly number[]): Set<string> =>
  new Set(
    members.flatMap((member) =>
      hall
        .client(member)
        .log.of('refused')
        .map(({ code }) => code),
    ),
  );
