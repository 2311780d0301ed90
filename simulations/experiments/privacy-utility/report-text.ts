import type { PrivacyUtilitySettings } from './settings.ts';

const GUARANTEE = {
  readers:
    'The ε of figures and tables holds against readers of the models, who do not know who was drawn for a round. Each member is drawn for itself with the same probability, the number of those drawn divides nothing, and so the draw amplifies the privacy of a round. Coordinator and members know who takes part: against them the same noise keeps the far larger ε that the table shows beside it, and where the coordinator adds the noise it keeps none against the coordinator.',
  coordinator:
    'The ε of figures and tables holds against coordinator and members too: they know who takes part in a round, so that drawing members amplifies nothing. The same noise keeps a smaller ε against readers of the models.',
} as const;

/** What was done and what is claimed, in words. */
export function methodText(settings: PrivacyUtilitySettings): string {
  const { members, cohort, images, delta, against, minHonestSurvivors, adaptiveClip, aggregation } = settings;
  return [
    `Members hold ${images} images of MNIST each. For a round each is drawn with probability ${cohort}; it trains from the round’s model, and its change is ${adaptiveClip ? 'cut to a norm that follows the norms of all, by a noisy share' : `cut to norm ${settings.clip}`}, rotated, rounded to a grid and summed${aggregation === 'secure' ? ' through the sessions of secure aggregation' : ''}. Exact discrete noise comes from the coordinator (central), or a share of it from each member (distributed). Trainings without noise (none) have the same clip, cohorts and shuffles.`,
    GUARANTEE[against],
    `Neighbours differ in all that one member sends (differential privacy of users), δ is ${delta}${delta > 1 / Math.max(...members) ? ` (more than one over ${Math.max(...members)} members, which giving away one of them, drawn by lot, would keep)` : ''}, and ε is the sum of all rounds by Rényi divergences; each round is paid for before its sum is opened, and a training whose budget does not reach for another round ends. Distributed noise is sized for ${minHonestSurvivors} of an expected cohort: rounds with fewer have no sum, and are paid for all the same. It is counted as if no member gave its own share away and as if noise were the same whether a member is drawn or not; a share more or less of many is what that leaves out. Who chooses clip, model and rates by looking at such figures spends privacy that is not counted here. Noise comes from a seeded generator here, so that a run can be repeated: these very models protect nobody.`,
  ].join('\n\n');
}
