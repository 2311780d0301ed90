import type { Block, Line } from '../../report/blocks.ts';
import { TRAINING } from './series.ts';
import type { DropoutResults } from './summary.ts';

/** Trainings with and without churn; nothing where none was run. */
export function trainingBlocks(results: DropoutResults): Block[] {
  const { settings } = results;
  const all = results.rows(TRAINING);
  if (all.length === 0) return [];
  const rates = [...new Set(all.map(({ churn }) => churn))];
  const of = (churn: number): typeof all => all.filter((row) => row.churn === churn);
  return [
    {
      kind: 'chart',
      caption: `Accuracy on MNIST's test images after each round, ${settings.churnCohort} of ${settings.churnMembers} members a round, each round through the real sessions. Both trainings have the same seed, shards and cohorts. Churn makes a round's mean noisier and now and then costs a whole round, where the line stays level; the model still learns.`,
      x: { label: 'round' },
      y: { label: 'accuracy on test images (share)', domain: [0, 1] },
      lines: rates.map((churn): Line => ({
        label: churn === 0 ? 'no churn' : `${Math.round(churn * 100)} % drop in each round`,
        points: of(churn).map(({ round, accuracy }) => ({ x: round, y: accuracy })),
      })),
      data: ['training'],
    },
    {
      kind: 'facts',
      facts: rates.flatMap((churn) => {
        const own = of(churn);
        const name = churn === 0 ? 'without churn' : `with ${Math.round(churn * 100)} % churn`;
        return [
          [`accuracy at the end, ${name}`, own.at(-1)?.accuracy ?? null],
          [`rounds that failed, ${name}`, own.filter(({ committed }) => !committed).length],
        ] as const;
      }),
    },
  ];
}
