import { groupBy, type Json, type JsonObject, Series } from '../../laboratory/rows.ts';
import type { Results } from '../../laboratory/experiment.ts';
import { roundedMean } from '../../laboratory/statistics.ts';
import { roundingBound } from './rounds.ts';
import type { GanAttackSettings } from './settings.ts';

/** An evaluation of one federation after one round. */
export type LookRow = {
  readonly federation: string;
  readonly participants: number;
  readonly thetaUpload: number;
  /** ε/c; null without noise. */
  readonly noise: number | null;
  /** Budget ε of user-level differential privacy; null without. */
  readonly epsilon: number | null;
  readonly aggregation: string;
  /** Whether a participant holds the target; false is the control. */
  readonly victim: boolean;
  readonly repetition: number;
  readonly round: number;
  /** Of the global model, on test images of the classes that a participant holds. */
  readonly accuracy: number;
  /** Uploads longer than the clip, in the worst round since the last evaluation. */
  readonly clipped: number;
  /** How often a participant sat out a round since the last evaluation because its training diverged. */
  readonly diverged: number;
  /**
   * Maximum difference of a coordinate between this round's sum and the same sum in the open; null in the open and with
   * private sums.
   */
  readonly rounding: number | null;
  // What follows is null before the attack.
  /** Mean −ln p(target) of the generator's last steps. */
  readonly generatorLoss: number | null;
  /** Share of the samples that the global model classifies as the target. */
  readonly fooled: number | null;
  /** The independent classifier's verdict. */
  readonly share: number | null;
  readonly confidence: number | null;
  /** Distance and likeness to the nearest of the victim's images, and of as many held-out ones. */
  readonly distanceVictim: number | null;
  readonly distanceHeldOut: number | null;
  readonly ssimVictim: number | null;
  readonly ssimHeldOut: number | null;
  readonly nearerToVictim: number | null;
};

/** Evaluations in the order of cases, rounds and federations. */
export const looks = new Series<LookRow>('looks');

/** The judge. */
export const classifiers = new Series<{ readonly accuracy: number; readonly images: number }>('classifier');

/** Similarity of held-out real images to the victim's: the reference for a sample's distance. */
type RealRow = {
  readonly repetition: number;
  readonly images: number;
  readonly distance: number;
  readonly ssim: number;
};

/** One row for each repetition. */
export const reals = new Series<RealRow>('real-images');

/** Distance between the global models of the open and the secure federation of one case. */
type DifferenceRow = {
  readonly participants: number;
  readonly thetaUpload: number;
  readonly repetition: number;
  readonly round: number;
  /** L2 norm of the difference over that of the open one's parameters. */
  readonly relative: number;
  /** Maximum difference of a parameter. */
  readonly greatest: number;
};

/** One row for each evaluation. */
export const differences = new Series<DifferenceRow>('plain-secure');

/** The label of federations with the same set-up. */
export function setUpOf({ participants, thetaUpload }: Pick<LookRow, 'participants' | 'thetaUpload'>): string {
  return `${participants} participants, θ_u ${thetaUpload}`;
}

/** What distinguishes a federation from the others with the same set-up. */
export function kindOf({
  victim,
  noise,
  epsilon,
  aggregation,
}: Pick<LookRow, 'victim' | 'noise' | 'epsilon' | 'aggregation'>): string {
  if (!victim) return 'control: no holder of the class';
  if (epsilon !== null) return `${aggregation}, users' ε ${epsilon}`;
  return `${aggregation}${noise === null ? '' : `, noise ε/c ${noise}`}`;
}

/** The results of a run. */
export type GanAttackResults = Results<GanAttackSettings>;

/**
 * The outcome of one federation, or of several that differ only by their seed: means over the last evaluations of each.
 */
export type Outcome = {
  readonly participants: number;
  readonly thetaUpload: number;
  readonly noise: number | null;
  readonly epsilon: number | null;
  readonly aggregation: string;
  readonly victim: boolean;
  /** Federations whose samples were evaluated at least once. */
  readonly seeds: number;
  readonly accuracy: number;
  readonly share: number;
  readonly shareLow: number;
  readonly shareHigh: number;
  readonly confidence: number;
  readonly fooled: number;
  readonly distanceVictim: number;
  readonly distanceHeldOut: number;
  readonly ssimVictim: number;
  readonly ssimHeldOut: number;
  readonly nearerToVictim: number;
};

/**
 * Evaluations over which a federation's outcome is averaged: a generator wanders, and a single one would be accidental.
 */
export const LAST_LOOKS = 5;

type Attacked = { [K in keyof LookRow]: NonNullable<LookRow[K]> } & {
  readonly noise: number | null;
  readonly epsilon: number | null;
};

/** The evaluations that had samples. */
export function attacked(rows: readonly LookRow[]): Attacked[] {
  return rows.filter(({ share }) => share !== null) as unknown as Attacked[];
}

/** One outcome for each set-up, in the order in which they were first recorded. */
export function outcomes(results: GanAttackResults): Outcome[] {
  const setUp = (row: LookRow): string =>
    JSON.stringify([row.participants, row.thetaUpload, row.noise, row.epsilon, row.aggregation, row.victim]);
  return [...groupBy(results.rows(looks), setUp).values()].flatMap((all) => {
    const rows = attacked(all);
    if (rows.length === 0) return [];
    const federations = [...groupBy(rows, ({ federation }) => federation).values()].map((each) =>
      each.slice(-LAST_LOOKS),
    );
    const over = (of: (row: Attacked) => number): number =>
      roundedMean(federations.map((each) => roundedMean(each.map(of))));
    const shares = federations.map((each) => roundedMean(each.map(({ share }) => share)));
    const { participants, thetaUpload, noise, epsilon, aggregation, victim } = rows[0]!;
    return {
      participants,
      thetaUpload,
      noise,
      epsilon,
      aggregation,
      victim,
      seeds: federations.length,
      accuracy: over((row) => row.accuracy),
      share: roundedMean(shares),
      shareLow: Math.min(...shares),
      shareHigh: Math.max(...shares),
      confidence: over((row) => row.confidence),
      fooled: over((row) => row.fooled),
      distanceVictim: over((row) => row.distanceVictim),
      distanceHeldOut: over((row) => row.distanceHeldOut),
      ssimVictim: over((row) => row.ssimVictim),
      ssimHeldOut: over((row) => row.ssimHeldOut),
      nearerToVictim: over((row) => row.nearerToVictim),
    };
  });
}

/** Difference between sums of secure aggregation and the same sums in the open. */
type Rounding = {
  /** Rounds in which both were computed. */
  readonly rounds: number;
  /** Maximum difference of a coordinate. */
  readonly greatest: number;
  /** Its upper bound for the number of members. */
  readonly bound: number;
};

/** Null if no federation ran with secure aggregation. */
export function roundings(rows: readonly LookRow[]): Rounding | null {
  const secure = rows.filter(({ rounding }) => rounding !== null);
  if (secure.length === 0) return null;
  return {
    rounds: secure.length,
    greatest: Math.max(...secure.map(({ rounding }) => rounding ?? 0)),
    bound: roundingBound(Math.max(...secure.map(({ participants }) => participants))),
  };
}

/** For each case, the distance between the open and the secure model at its first and last evaluation. */
function apartByCase(rows: readonly DifferenceRow[]): Json[] {
  const cases = groupBy(rows, (row) => JSON.stringify([row.participants, row.thetaUpload, row.repetition]));
  return [...cases.values()].map((each) => {
    const [first, last] = [each[0], each[each.length - 1]];
    const { participants, thetaUpload, repetition } = first!;
    return {
      participants,
      thetaUpload,
      repetition,
      firstRound: first!.round,
      firstRelative: first!.relative,
      lastRound: last!.round,
      lastRelative: last!.relative,
    };
  });
}

/** The content of `summary.json`. */
export function summarise(results: GanAttackResults): JsonObject {
  const real = results.rows(reals);
  const rounding = roundings(results.rows(looks));
  return {
    target: results.settings.target,
    lastLooks: LAST_LOOKS,
    classifierAccuracy: results.rows(classifiers).at(0)?.accuracy ?? null,
    outcomes: outcomes(results),
    realImages:
      real.length === 0
        ? null
        : { distance: roundedMean(real.map((r) => r.distance)), ssim: roundedMean(real.map((r) => r.ssim)) },
    secureSums: rounding,
    plainSecure: apartByCase(results.rows(differences)),
  };
}

/** The name of the grid of samples after a round of a federation. */
export function gridName(federation: string, round: number): string {
  return `${federation}-round${String(round).padStart(5, '0')}`;
}
