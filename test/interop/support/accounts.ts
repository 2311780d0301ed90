import { noisePlanOf } from '../../../protocol/rounds/index.ts';
import { epsilonOf, mechanismOf, ORDERS, roundCost } from '../../../protocol/privacy/index.ts';
import type { RoundPrivacy } from '../../../protocol/wire/settings.ts';

/** What of a round's settings its cost follows from. */
export interface CostedRound extends Pick<RoundPrivacy, 'placement' | 'distribution' | 'noiseMultiplier'> {
  readonly minHonestSurvivors: number;
  readonly bitWidth: number;
  readonly sampling: number;
  readonly dimension: number;
  readonly minCohort: number;
  readonly maxCohort: number;
  readonly modulusBits: number;
}

/** Divergences at some orders, and ε for δ after some numbers of such rounds. */
interface Cost {
  readonly divergences: readonly number[];
  readonly epsilon: readonly number[];
}

/** A round and what it costs. They stand in test/vectors/accounts.json. */
interface CostVector {
  readonly settings: CostedRound;
  /** By a client's count. */
  readonly client: Cost;
  /** By the coordinator's, towards those who see models. */
  readonly coordinator: Cost;
}

/** All of test/vectors/accounts.json. */
export interface AccountVectors {
  readonly delta: number;
  /** After so many rounds ε is told. */
  readonly rounds: readonly number[];
  /** Those of the accountant's orders at which divergences are told. */
  readonly orders: readonly number[];
  readonly costs: readonly CostVector[];
}

const DELTA = 1e-6;
const ROUNDS = [1, 10, 300];
/** Enough digits to compare by, and no more: engines differ in the last ones. */
const shown = (x: number): number => Number(x.toPrecision(12));
const TOLD = [1.01, 1.5, 2, 5.5, 10.9, 16, 64, 1024, 65536];

const BASE: CostedRound = {
  ...{ placement: 'distributed', distribution: 'discrete-gaussian', noiseMultiplier: 0.8, minHonestSurvivors: 20 },
  ...{ bitWidth: 0, sampling: 1, dimension: 1000, minCohort: 30, maxCohort: 60, modulusBits: 20 },
};
const SETTINGS: readonly CostedRound[] = [
  BASE,
  { ...BASE, distribution: 'skellam' },
  { ...BASE, placement: 'central', minHonestSurvivors: 1, bitWidth: 0.2 },
  // Shares of a variance below a quarter; and shares that are narrow, and more than terms that are added one by one.
  { ...BASE, noiseMultiplier: 0.01, modulusBits: 12, dimension: 1 },
  {
    ...BASE,
    noiseMultiplier: 0.3,
    modulusBits: 18,
    dimension: 1,
    minHonestSurvivors: 400,
    minCohort: 500,
    maxCohort: 600,
  },
  { ...BASE, sampling: 0.1 },
  { ...BASE, sampling: 0.1, distribution: 'skellam' },
];

/** What the accountant of this repository says. */
export function accountVectors(): AccountVectors {
  const costs = SETTINGS.map((settings): CostVector => {
    const { dimension, minCohort, maxCohort, modulusBits, minHonestSurvivors, sampling, ...noise } = settings;
    const privacy = { ...noise, minHonestSurvivors, sampling, epsilon: 1, delta: DELTA, spent: 0 };
    const plan = noisePlanOf({ dimension, maxCohort, modulusBits, privacy });
    const cost = (divergences: Float64Array): Cost => ({
      divergences: TOLD.map((order) => shown(divergences[ORDERS.indexOf(order)]!)),
      epsilon: ROUNDS.map((rounds) =>
        shown(
          epsilonOf(
            divergences.map((divergence) => rounds * divergence),
            DELTA,
          ),
        ),
      ),
    });
    const filled = sampling < 1;
    return {
      settings,
      client: cost(roundCost(mechanismOf(plan), 1)),
      coordinator: cost(roundCost(mechanismOf(plan, filled, filled ? minCohort - minHonestSurvivors : 0), sampling)),
    };
  });
  return { delta: DELTA, rounds: ROUNDS, orders: TOLD, costs };
}
