import { CairnError } from '../../errors.ts';
import { ORDERS, epsilonOf } from './convert.ts';

/** What a training may spend, and has spent. Plain data, so that it survives a restart. */
export interface PrivacyBudget {
  /** Maximum ε of all rounds together. */
  readonly epsilon: number;
  /** The δ that goes with it. */
  readonly delta: number;
  /** Rényi divergences of all rounds so far, one for each of the accountant's orders. */
  readonly divergences: readonly number[];
  /** Rounds so far. */
  readonly rounds: number;
}

/** Divergences before any round. */
export const NO_DIVERGENCES: readonly number[] = ORDERS.map(() => 0);

/** Older accounts had only this many of {@link ORDERS}, those up to 1024. */
const FIRST_ORDERS = 168;

/**
 * A stored account, extended to all of {@link ORDERS}. If it was stored for the first of them only, nothing is known
 * about the others: they count as unbounded for that account's rounds, unless it has none. So its ε is unchanged.
 * @returns undefined for a list of another length
 */
export function restoredDivergences(kept: readonly number[]): readonly number[] | undefined {
  if (kept.length === ORDERS.length) return kept;
  if (kept.length !== FIRST_ORDERS) return undefined;
  const unknown = kept.every((divergence) => divergence === 0) ? 0 : Number.MAX_VALUE;
  return ORDERS.map((_, i) => kept[i] ?? unknown);
}

/**
 * Divergences of successive rounds, added per order. Never infinite, since accounts are stored as JSON, which has no
 * infinity; the largest double exceeds any budget just as well.
 * @param spent,cost one number for each of {@link ORDERS}
 */
export function addDivergences(spent: readonly number[], cost: ArrayLike<number>): number[] {
  return spent.map((x, i) => Math.min(x + cost[i]!, Number.MAX_VALUE));
}

/**
 * A budget with nothing spent yet.
 * @throws CairnError `settings-invalid` for an ε not above 0 or a δ outside (0, 1)
 */
export function createBudget(epsilon: number, delta: number): PrivacyBudget {
  if (!(epsilon > 0 && Number.isFinite(epsilon) && delta > 0 && delta < 1)) {
    throw new CairnError(
      'settings-invalid',
      `a budget needs a finite epsilon above 0 and a delta between 0 and 1, but has ${epsilon} and ${delta}`,
    );
  }
  return { epsilon, delta, divergences: NO_DIVERGENCES, rounds: 0 };
}

/** ε of all rounds so far, for the budget's δ: 0 before the first. */
export function spentEpsilon({ divergences, delta, rounds }: PrivacyBudget): number {
  return rounds === 0 ? 0 : epsilonOf(divergences, delta);
}

/**
 * The budget after one more round. Called before the round's sum is opened: a sum that is refused must not become
 * known.
 * @param cost of the round, from roundCost
 * @throws CairnError `privacy-budget` if the round would exceed the budget, which is then unchanged
 */
export function spend(budget: PrivacyBudget, cost: Float64Array): PrivacyBudget {
  const rounds = budget.rounds + 1;
  const next = { ...budget, divergences: addDivergences(budget.divergences, cost), rounds };
  const epsilon = spentEpsilon(next);
  if (!(epsilon <= budget.epsilon)) {
    throw new CairnError(
      'privacy-budget',
      `round ${rounds} would raise epsilon from ${spentEpsilon(budget).toFixed(3)} to ${epsilon.toFixed(3)}, beyond ${budget.epsilon}`,
    );
  }
  return next;
}
