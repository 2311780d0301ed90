import type { PoisoningSettings } from './settings.ts';

/** What was done and what it stands for, in words. */
export function methodText(settings: PoisoningSettings): string {
  const { members, cohort, images, alpha, begin, boost, noise, clip, tolerance, heldOut } = settings;
  const shards = alpha === 0 ? 'which are alike in their classes' : `uneven in their classes (α = ${alpha})`;
  const [first] = settings.groups;
  const named = settings.groups.length === 0 ? '' : ` (\`median of ${first}\`: over ${first} groups)`;
  return [
    `${members} members hold ${images} images of MNIST each, ${shards}; ${cohort} are drawn for a round, train from its model, and mask words that the coordinator sees the sum of. From round ${begin} on a share of the members attacks. \`sign-flip\` sends the opposite of its update times ${boost}, \`noise\` a random direction of ${noise} times the clip of ${clip}: no honest client sends such words, but a mask hides that from everybody. \`label-flip\` keeps to the protocol and the clip, and trains on swapped classes.`,
    `\`mean of all\` is secure aggregation as it is. The other defences see the sums of small groups that the cohort is split into anew in each round: \`median\` and \`trimmed-mean\` take their means coordinate by coordinate${named}, \`norm-filter\` leaves out groups that are much longer than the others. \`rollback\` keeps a new model only where its loss on ${heldOut} held-out images grows by no more than ${tolerance}; a round that is rolled back is one of the rounds. All trainings of a repeat have the same members, shards, attackers, cohorts and shuffles. Quantization, sums, rules and rollback are the code of production.`,
    'What groups cost: the coordinator learns a sum for each group, of a few members instead of all.',
  ].join('\n\n');
}
