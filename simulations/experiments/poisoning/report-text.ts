import type { PoisoningSettings } from './settings.ts';

/** What was done and what it means, in words. */
export function methodText(settings: PoisoningSettings): string {
  const { members, cohort, images, alpha, begin, boost, noise, clip, tolerance, heldOut } = settings;
  const shards = alpha === 0 ? 'with the same mix of classes' : `uneven in their classes (α = ${alpha})`;
  const [first] = settings.groups;
  const named = settings.groups.length === 0 ? '' : ` (\`median of ${first}\`: over ${first} groups)`;
  return [
    `${members} members hold ${images} images of MNIST each, ${shards}; ${cohort} are drawn for a round, train from its model, and mask words of which the coordinator sees the sum. From round ${begin} on a share of the members attacks. \`sign-flip\` sends the opposite of its update times ${boost}, \`noise\` a random direction of ${noise} times the clip of ${clip}: no honest client sends such words, but a mask hides that from every other party. \`label-flip\` follows the protocol and the clip, and trains on swapped classes.`,
    `\`mean of all\` is plain secure aggregation. The other defences see the sums of small groups into which the cohort is split again in each round: \`median\` and \`trimmed-mean\` combine their means coordinate by coordinate${named}, \`norm-filter\` leaves out groups that are much longer than the others. \`rollback\` keeps a new model only if its loss on ${heldOut} held-out images grows by no more than ${tolerance}; a round that is rolled back counts as a round. All trainings of a repeat have the same members, shards, attackers, cohorts and shuffles. Quantization, sums, rules and rollback are the production code.`,
    'The cost of groups: the coordinator learns a sum for each group, of a few members instead of all.',
  ].join('\n\n');
}
