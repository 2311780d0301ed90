import type { PrivacyUtilitySettings } from './settings.ts';

const GUARANTEE = {
  readers:
    'The ε of figures and tables holds against readers of the models, who do not know which members were drawn for a round. Each member is drawn independently with the same probability, the number drawn is not used as a divisor, and so the draw amplifies the privacy of a round. Coordinator and members know which members take part: against them the same noise keeps the far larger ε shown beside it in the table, and noise added by the coordinator keeps none against the coordinator.',
  coordinator:
    'The ε of figures and tables holds against coordinator and members too: they know which members take part in a round, so drawing members amplifies nothing. The same noise keeps a smaller ε against readers of the models.',
} as const;

/** What was done and what is claimed, in words. */
export function methodText(settings: PrivacyUtilitySettings): string {
  const { members, cohort, images, delta, against, minHonestSurvivors, adaptiveClip, aggregation } = settings;
  return [
    `Members hold ${images} images of MNIST each. For a round each is drawn with probability ${cohort}; it trains from the round’s model, and its change is ${adaptiveClip ? 'clipped to a norm that follows the norms of all, by a noisy share' : `clipped to norm ${settings.clip}`}, rotated, rounded to a grid and summed${aggregation === 'secure' ? ' through the sessions of secure aggregation' : ''}. Exact discrete noise comes from the coordinator (central), or a share of it from each member (distributed). Trainings without noise (none) have the same clip, cohorts and shuffles.`,
    GUARANTEE[against],
    `Neighbours differ in everything that one member sends (user-level differential privacy), δ is ${delta}${delta > 1 / Math.max(...members) ? ` (more than 1/${Math.max(...members)}, a δ that already permits revealing one member drawn at random)` : ''}, and ε is the sum of all rounds by Rényi divergences; each round is charged before its sum is opened, and a training whose budget does not suffice for another round ends. Distributed noise is sized for ${minHonestSurvivors} of an expected cohort: rounds with fewer have no sum, and are charged nevertheless. It is counted as if no member revealed its own share and as if noise were the same whether a member is drawn or not; that ignores one share more or less out of many. Choosing clip, model and rates by such figures spends privacy that is not counted here. Noise comes from a seeded generator here, so that a run can be repeated: the models of this run protect no member.`,
  ].join('\n\n');
}
