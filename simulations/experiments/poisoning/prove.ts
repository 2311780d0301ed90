import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { Seeds } from '../../laboratory/seeds.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { drawGroups } from './groups.ts';
import { PoisonedMembers, type MembersOptions } from './members.ts';
import { schemeOf, sumOf } from './round.ts';
import type { ProofRow } from './series.ts';

/** Sums the groups of one round in the open and through the production sessions, and counts the words that differ. */
export const prove = defineWorkerTask(
  import.meta.url,
  'prove',
  async (
    input: MembersOptions & { readonly groups: number; readonly first: Float32Array },
    signal: AbortSignal,
  ): Promise<ProofRow> => {
    const { settings, seed, groups: count, first } = input;
    const members = new PoisonedMembers(input);
    const scheme = schemeOf(settings, count, first.length);
    const random = new Seeds(nodePrimitives, 'poisoning', seed).randomOf(`proof with ${count} groups`);
    const groups = drawGroups(members.all, { ...settings, groups: count, seed, round: settings.begin });
    let words = 0;
    let different = 0;
    for (const group of groups) {
      const inputs = await members.wordsOfGroup(group, settings.begin, first, scheme, signal);
      const [open, secure] = (['plain', 'secure'] as const).map(
        (aggregation) => sumOf(aggregation, scheme, inputs, group.length, random)!.words,
      );
      words += open!.length;
      different += open!.reduce((sum, word, j) => sum + (word === secure![j] ? 0 : 1), 0);
    }
    const drawn = groups.flat();
    const attackers = drawn.filter((member) => members.attackers.has(member)).length;
    return { groups: count, members: drawn.length, attackers, words, different };
  },
);
