import { CairnError } from '../../../errors.ts';
import { above, mode } from '../../../hypergeometric.ts';
import { checkCohort, checkShare } from './ring.ts';
import { shareOf } from '../../../rounds/policy.ts';

/** How many witnesses there are, and how many of their signatures over one survivor set every client requires. */
export interface Committee {
  readonly witnesses: number;
  readonly quorum: number;
}

/** The input of the search for committees. */
export interface CommitteeQuestion {
  /** Cohort size. */
  readonly n: number;
  /** Share γ of the cohort, 0 ≤ γ < 1, that may collude with the coordinator. */
  readonly colluding: number;
  /** Share δ of the cohort, 0 ≤ δ < 1, that may drop out. */
  readonly dropout: number;
  /** Bits of security: two quorums exist without an honest member in both with probability at most 2^−σ. */
  readonly sigma: number;
  /** Bits of correctness: dropouts within δ leave fewer than a quorum with probability at most 2^−η. Default 20. */
  readonly eta?: number;
}

/**
 * Smallest x with P[X ≥ x] ≤ bound, X being the number of marked members among the draws; by bisection, since the tail
 * falls. It is at most one more than there can be.
 */
function minRare(total: number, marked: number, draws: number, bound: number): number {
  const urn = { total, marked, draws };
  let common = Math.max(0, mode(urn)) - 1;
  let rare = Math.min(marked, draws) + 1;
  while (rare - common > 1) {
    const middle = Math.floor((common + rare) / 2);
    if (above(urn, middle - 1) <= bound) rare = middle;
    else common = middle;
  }
  return rare;
}

/**
 * Minimum quorum of `witnesses` random members that no two survivor sets both get: each honest witness signs one, each
 * corrupt one both, so that two sets are signed by q members each exactly if w + X ≥ 2q. Dropouts do not matter: a
 * witness that is gone signs less, not more.
 */
function minQuorum(n: number, colluders: number, witnesses: number, sigma: number): number {
  return Math.ceil((witnesses + minRare(n, colluders, witnesses, 2 ** -sigma)) / 2);
}

/** Whether a quorum of random witnesses remains, except with probability 2^−η, if so many members have dropped out. */
function isReached(n: number, dropped: number, { witnesses, quorum }: Committee, eta: number): boolean {
  const lost = witnesses - quorum;
  return lost >= 0 && above({ total: n, marked: dropped, draws: witnesses }, lost) <= 2 ** -eta;
}

/** A committee above this part of the cohort is replaced by all members: then nothing is left to chance. */
const LARGEST_PART = [4, 5] as const;

/**
 * The witnesses of a ring's members: the fewest that bisection finds between none and w = c + 2d + 1, of which q = c +
 * d + 1 suffice for any draw, with the minimum sound quorum. The sum of quorum and witnesses grows with them, so the
 * fewest are also the cheapest.
 * @returns undefined if colluders and dropouts leave no honest majority: c + 2d ≥ n
 * @throws CairnError `settings-invalid` for arguments out of range
 */
export function findCommittee(question: CommitteeQuestion): Committee | undefined {
  const { n, colluding, dropout, sigma, eta = 20 } = question;
  checkCohort(n);
  checkShare('colluding', colluding);
  checkShare('dropout', dropout);
  const colluders = shareOf(n, colluding);
  const dropped = shareOf(n, dropout);
  const enough = colluders + 2 * dropped + 1;
  if (enough > n) return undefined;
  const of = (witnesses: number): Committee => ({
    witnesses,
    quorum: minQuorum(n, colluders, witnesses, sigma),
  });
  let [low, high] = [0, enough];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isReached(n, dropped, of(middle), eta)) high = middle;
    else low = middle;
  }
  return high * LARGEST_PART[1] > n * LARGEST_PART[0] ? of(n) : of(high);
}

/**
 * The committee of a complete graph: all members, of which more than two thirds sign, or, if that is more, enough to
 * make two quorums meet in an honest member (Bonawitz et al. 2017 §6.2).
 */
export function wholeCommittee(n: number, colluding: number): Committee {
  const colluders = shareOf(n, colluding);
  return { witnesses: n, quorum: Math.max(Math.floor((2 * n) / 3), Math.floor((n + colluders) / 2)) + 1 };
}

/**
 * Refuses a committee that might sign two survivor sets.
 * @param colluding share γ of the cohort as assumed by the caller
 * @param sigma in bits, as for {@link CommitteeQuestion}
 * @throws CairnError `settings-invalid` if no such committee exists; `threshold-unsound` if its quorum is too low
 */
export function assertCommittee(n: number, committee: Committee, colluding: number, sigma: number): void {
  const { witnesses, quorum } = committee;
  const isWhole = Number.isSafeInteger(witnesses) && Number.isSafeInteger(quorum);
  if (!isWhole || quorum < 1 || quorum > witnesses || witnesses > n) {
    throw new CairnError(
      'settings-invalid',
      `there is no quorum of ${quorum} of ${witnesses} witnesses of ${n} members`,
    );
  }
  const least = minQuorum(n, shareOf(n, colluding), witnesses, sigma);
  if (quorum >= least) return;
  throw new CairnError(
    'threshold-unsound',
    `${quorum} of ${witnesses} witnesses of ${n} members may sign two survivor sets with ${colluding} colluding: the minimum sound quorum is ${least}`,
  );
}
