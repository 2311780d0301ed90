import { groupBy } from '../../laboratory/group-by.ts';
import type { Results } from '../../laboratory/results.ts';
import type { Json, JsonObject } from '../../laboratory/rows.ts';
import { roundedMean } from '../../laboratory/statistics.ts';

import { classifiers, type DifferenceRow, differences, type LookRow, looks, reals } from './series.ts';
import type { GanAttackSettings } from './settings.ts';
import { roundingBound } from './sums.ts';

/** The results of a run. */
export type GanAttackResults = Results<GanAttackSettings>;

/** The outcome of one federation, or of several that differ by their seed alone: means over the last looks of each. */
export type Outcome = {
  readonly participants: number;
  readonly thetaUpload: number;
  readonly noise: number | null;
  readonly epsilon: number | null;
  readonly aggregation: string;
  readonly victim: boolean;
  /** Federations that looked at samples at least once. */
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

/** Looks of a federation that its outcome is the mean of: a generator wanders, and one look would be an accident. */
export const LAST_LOOKS = 5;

type Attacked = { [K in keyof LookRow]: NonNullable<LookRow[K]> } & {
  readonly noise: number | null;
  readonly epsilon: number | null;
};

/** The looks at which there were samples to look at. */
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

/** How far sums of secure aggregation were from the same sums in the open. */
export type Rounding = {
  /** Rounds in which both were computed. */
  readonly rounds: number;
  /** Greatest difference of a coordinate. */
  readonly greatest: number;
  /** What it can be at most, with as many members as there were. */
  readonly bound: number;
};

/** Null where no federation ran with secure aggregation. */
export function roundings(rows: readonly LookRow[]): Rounding | null {
  const secure = rows.filter(({ rounding }) => rounding !== null);
  if (secure.length === 0) return null;
  return {
    rounds: secure.length,
    greatest: Math.max(...secure.map(({ rounding }) => rounding ?? 0)),
    bound: roundingBound(Math.max(...secure.map(({ participants }) => participants))),
  };
}

/** Of each case, how far the open and the secure model are apart at its first and at its last look. */
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

/** What `summary.json` holds. */
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
