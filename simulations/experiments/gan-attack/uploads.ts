import { Random } from '../../../training/index.ts';
import { type MemberId, memberId } from '../../../protocol/ids.ts';
import { relabelled } from './federation.ts';
import { sharedModel } from './networks.ts';
import { localChange, type LocalTraining } from './participant.ts';
import type { Run } from './rounds-input.ts';
import { honestClasses } from './scenario.ts';
import { SCHEDULE } from './schedule.ts';
import type { AttackState } from './state.ts';
import { uploadOf } from './upload.ts';

/** What the participants upload in a round: the adversary is the last member, whatever it uploads. */
export function uploads(
  { tape, federation, input }: Run,
  { global, fakes }: AttackState,
  label: string,
): { readonly updates: Map<MemberId, Float32Array>; readonly diverged: number } {
  const { scenario, settings, seed } = input;
  const model = sharedModel();
  const schedule = SCHEDULE[scenario.participants];
  const mine = relabelled(federation.own, fakes, model.inputSize);
  const parts = [
    ...federation.honest.map((data) => ({ data, training: schedule.honest })),
    { data: mine, training: schedule.adversary },
  ];
  let diverged = 0;
  const updates = new Map(
    parts.map(({ data, training }, i) => {
      // Streams go by the first class that a participant holds, so that the others' numbers are the same where one of the
      // ten stays away. A victim of two that lost class 0 draws others than in the attack, from other images anyway.
      const name = `${label} member ${honestClasses(scenario)[i]?.[0] ?? 'adversary'}`;
      const local: LocalTraining = { ...training, batchSize: settings.batchSize };
      const change =
        data === undefined
          ? new Float32Array(global.length)
          : localChange(tape, model, global, data, local, new Random(seed, name));
      // A client does not send an update that is not finite; it sits the round out.
      if (!change.every(Number.isFinite)) {
        diverged++;
        change.fill(0);
      }
      return [memberId(i + 1), uploadOf(change, scenario, settings, new Random(seed, `${name} upload`))];
    }),
  );
  return { updates, diverged };
}
