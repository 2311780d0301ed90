import type { Laboratory } from '../../laboratory/experiment.ts';
import { defineWorkerTask } from '../../laboratory/worker.ts';
import { roundParameters } from '../../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../../protocol/errors.ts';
import { failureProbability } from '../../faults/prediction.ts';
import { oneRound, type RoundInput } from './one-round.ts';
import { type Point, questionOf } from './points.ts';
import { ODDS } from './results.ts';
import type { DropoutSettings } from './settings.ts';

/** Probabilities with which each member drops independently. */
const RATES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/** Small, since masks matter here, not vectors. */
const DIM = 4;

/** Rounds that differ only in their seeds. */
interface BatchInput extends Omit<RoundInput, 'seed'> {
  readonly seeds: readonly number[];
}

/** Runs rounds one after the other, and counts those without a sum and those with a wrong one. */
export const oddsBatch = defineWorkerTask(
  import.meta.url,
  'oddsBatch',
  async ({ seeds, ...round }: BatchInput, signal): Promise<{ readonly failed: number; readonly wrong: number }> => {
    let failed = 0;
    let wrong = 0;
    for (const seed of seeds) {
      signal.throwIfAborted();
      const { committed, sumExact } = await oneRound.run({ ...round, seed }, signal);
      if (!committed) failed++;
      if (sumExact === false) wrong++;
    }
    return { failed, wrong };
  },
);

/** The kinds of rounds for which failures are counted: both graphs if there is a ring, dropouts up to most members. */
export function oddsPoints(settings: DropoutSettings): Point[] {
  const adversary = Array.isArray(settings.adversary) ? settings.adversary[0]! : settings.adversary;
  const common = { clients: settings.oddsClients, dim: DIM, state: 'masked-input', adversary } as const;
  return (['complete', 'ring'] as const)
    .filter((graph) => isFeasible(settings, { ...common, graph, dropout: 0 }))
    .flatMap((graph) => RATES.map((dropout) => ({ ...common, graph, dropout })));
}

function isFeasible(settings: DropoutSettings, point: Point): boolean {
  try {
    roundParameters(questionOf(settings, point));
    return true;
  } catch (thrown) {
    if (thrown instanceof CairnError) return false;
    throw thrown;
  }
}

/** Counts failures at one point and records them. */
export async function countFailures(lab: Laboratory<DropoutSettings>, point: Point): Promise<() => void> {
  const { settings } = lab;
  const { graph, adversary, clients, dropout } = point;
  const rounds = settings.oddsRounds;
  const label = `odds ${graph} ${adversary} ${clients} ${dropout}`;
  const seeds = Array.from({ length: rounds }, (_, i) => lab.seedOf(`${label} ${i}`));
  const about = { ...settings, dropping: 'independent', faults: '' } as const;
  const { failed, wrong } = await lab.call(oddsBatch, { point, settings: about, seeds });
  const round = questionOf(settings, point);
  const { degree, threshold } = roundParameters(round);
  const predicted = failureProbability({
    round,
    minCohort: 2,
    share: dropout,
    dropping: 'independent',
    state: 'masked-input',
  });
  return () =>
    lab.record(ODDS, {
      graph,
      adversary,
      clients,
      k: degree,
      t: threshold,
      dropout,
      rounds,
      failed,
      wrong,
      observed: failed / rounds,
      predicted,
    });
}
