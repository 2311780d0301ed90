import { type Classifier, judge } from './classifier.ts';
import { gridName, sampleGrid } from './grid.ts';
import type { Lab } from './lab.ts';
import { compare } from './likeness.ts';
import type { References } from './references.ts';
import type { RoundsOutput } from './rounds-input.ts';
import type { Scenario } from './scenario.ts';
import { nameOf } from './scenarios.ts';
import { type LookRow, looks } from './series.ts';

/** The row of a look; what the judges say only once there are samples. */
export async function rowOf(
  scenario: Scenario,
  { state, samples, accuracy, fooled, generatorLoss, clipped, diverged, rounding }: RoundsOutput,
  classifier: Promise<Classifier>,
  references: References,
): Promise<LookRow> {
  const { participants, thetaUpload, noise, epsilon, aggregation, victim, repetition, target } = scenario;
  const none = samples.length === 0;
  const verdict = none ? undefined : await judge(await classifier, samples, target);
  const likeness = none ? undefined : compare(samples, references.victim, references.heldOut);
  return {
    federation: nameOf(scenario),
    participants,
    thetaUpload,
    noise,
    epsilon,
    aggregation,
    victim,
    repetition,
    round: state.round,
    accuracy,
    clipped,
    diverged,
    rounding,
    generatorLoss,
    fooled,
    share: verdict?.share ?? null,
    confidence: verdict?.confidence ?? null,
    distanceVictim: likeness?.victim.distance ?? null,
    distanceHeldOut: likeness?.heldOut.distance ?? null,
    ssimVictim: likeness?.victim.ssim ?? null,
    ssimHeldOut: likeness?.heldOut.ssim ?? null,
    nearerToVictim: likeness?.nearerToVictim ?? null,
  };
}

/** Records a look and its samples, unless a resumed run has recorded it already. */
export function recordOnce(lab: Lab, row: LookRow, samples: Float32Array): void {
  const known = lab.results
    .rows(looks)
    .some(({ federation, round }) => federation === row.federation && round === row.round);
  if (known) return;
  if (samples.length > 0) lab.image(gridName(row.federation, row.round), sampleGrid(samples));
  lab.record(looks, row);
}
