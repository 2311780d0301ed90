import { type AdversaryClass, shareOf } from '../../../rounds/policy.ts';
import { CairnError } from '../../../errors.ts';
import { log } from '../../../numeric.ts';
import { above, below, logBinomial, mode } from '../../../hypergeometric.ts';

/** The input of the search for ring graphs. */
export interface RingQuestion {
  /** Cohort size. */
  readonly n: number;
  /** Share γ of the cohort, 0 ≤ γ < 1, that may collude with the coordinator. */
  readonly colluding: number;
  /** Share δ of the cohort, 0 ≤ δ < 1, that may drop out. */
  readonly dropout: number;
  readonly adversary: AdversaryClass;
  /** Statistical security in bits: privacy fails with probability at most 2^−σ. Default 40. */
  readonly sigma?: number;
  /** Correctness in bits: dropouts within δ make a round fail with probability at most 2^−η. Default 20. */
  readonly eta?: number;
  /**
   * Whether a member also holds, and gives, a share of its own secrets, as in Cairn's rounds; the paper's members do
   * not, so the default is false. It raises the `active` threshold by one in half the cases; see {@link ringThreshold}.
   */
  readonly ownShare?: boolean;
}

/** Maximum cohort: Shamir's field has 2^21 evaluation points (`FIELD.twoAdicity`). */
const MAX_MEMBERS = 2 ** 21;

/** @throws CairnError `settings-invalid` if n is not an integer from 2 to 2^21 */
export function checkCohort(n: number): void {
  if (!Number.isSafeInteger(n) || n < 2 || n > MAX_MEMBERS) {
    throw new CairnError('settings-invalid', `a cohort has from 2 to ${MAX_MEMBERS} members, but n is ${n}`);
  }
}

/** @throws CairnError `settings-invalid` if a share of the cohort is not in [0, 1) */
export function checkShare(name: string, share: number): void {
  if (!(share >= 0 && share < 1)) {
    throw new CairnError('settings-invalid', `${name} must be at least 0 and below 1, but is ${share}`);
  }
}

/**
 * Rule 1 of SecAgg+ (Bell et al. 2020): whether, except with probability 2^−(σ+1), removing `removed` random members of
 * a random k-regular ring leaves the others connected and no member with removed neighbours only.
 */
export function staysConnected(n: number, degree: number, removed: number, sigma: number): boolean {
  if (degree >= n - 1) return true;
  const pairs = log((n * (n - degree - 1)) / 2);
  const odds = pairs + logBinomial(n - degree, removed - degree) - logBinomial(n, removed);
  return odds < -(sigma + 1) * Math.LN2;
}

/** Rule 2, first half: smallest t1 ≥ `from` with P[colluding neighbours > t1] ≤ 2^−(σ+1)/n. */
export function colludingNeighbours(
  n: number,
  colluders: number,
  degree: number,
  sigma: number,
  from?: number,
): number {
  const urn = { total: n, marked: colluders, draws: degree };
  const bound = 2 ** -(sigma + 1) / n;
  let t1 = from ?? Math.max(0, mode(urn) - 1);
  while (above(urn, t1) > bound) t1++;
  return t1;
}

/**
 * The maximum number of colluders, except with probability 2^−(σ+1), on two disjoint stretches of degree/2 positions
 * each anywhere on the ring: the law of one neighbourhood, with a union bound over all pairs of stretches.
 */
export function colludersAtTwoCuts(n: number, degree: number, colluding: number, sigma: number): number {
  const urn = { total: n, marked: shareOf(n, colluding), draws: degree };
  const bound = 2 ** -(sigma + 1) / (n * n);
  let most = Math.max(0, mode(urn) - 1);
  while (above(urn, most) > bound) most++;
  return most;
}

/** Rule 2, second half: largest t2 ≥ `from` with P[surviving neighbours < t2] ≤ 2^−η/n. */
function survivingNeighbours(n: number, survivors: number, degree: number, eta: number, from: number): number {
  const urn = { total: n, marked: survivors, draws: degree };
  const bound = 2 ** -eta / n;
  let t2 = from;
  while (below(urn, t2 + 1) <= bound) t2++;
  return t2;
}

/**
 * The threshold for at most t1 colluding neighbours out of `degree`. Curious: one more than they hold. Active: rule 3
 * of the search. An active coordinator asks some honest neighbours for one secret of a member and the rest for the
 * other, so both must not reach t: 2t > k + t1. If the member itself gives a share of its own self mask, there is one
 * more holder, and the condition is 2t > k + 1 + t1, as on the complete graph, where n = k + 1.
 */
function thresholdFor(t1: number, degree: number, adversary: AdversaryClass, ownShare: boolean): number {
  if (adversary === 'curious') return Math.max(2, t1 + 1);
  const replaced = ownShare ? Math.floor((t1 + degree + 1) / 2) : Math.ceil((t1 + degree - 1.25) / 2);
  return Math.max(2, replaced + 1);
}

/** Minimum threshold of a ring of this degree against this adversary, own shares counted; may exceed the degree. */
export function ringThreshold(
  n: number,
  degree: number,
  adversary: AdversaryClass,
  colluding: number,
  sigma: number,
): number {
  const t1 = colludingNeighbours(n, shareOf(n, colluding), degree, sigma);
  return thresholdFor(t1, degree, adversary, true);
}

/** A ring that the search found: its degree k (even) and its threshold t. */
export interface Ring {
  readonly degree: number;
  readonly threshold: number;
}

function search(question: Required<RingQuestion>): Ring | undefined {
  const { n, colluding, dropout, adversary, sigma, eta, ownShare } = question;
  const colluders = shareOf(n, colluding);
  const dropped = shareOf(n, dropout);
  let t1 = 0;
  let t2 = 0;
  for (let degree = 2; degree < n; degree += 2) {
    if (!staysConnected(n, degree, Math.min(n, colluders + dropped), sigma)) continue;
    // Both only grow with the degree, so each search continues where the last one ended.
    t1 = colludingNeighbours(n, colluders, degree, sigma, t1);
    t2 = survivingNeighbours(n, n - dropped, degree, eta, t2);
    const threshold = thresholdFor(t1, degree, adversary, ownShare);
    if (threshold <= t2) return { degree, threshold };
  }
  return undefined;
}

const CACHED = 256;
const cache = new Map<string, Ring | undefined>();

/**
 * SecAgg+ (Bell et al. 2020): the minimum even degree of a randomly permuted ring on which masks and shares among
 * neighbours alone are as good as among all members, with the threshold that belongs to it. `active` is the paper's
 * semi-malicious rule.
 * @returns degree k and threshold t ≤ k, in members
 * @throws CairnError `no-feasible-graph` if no degree below n is enough; `settings-invalid` for arguments out of range
 */
export function findRing(question: RingQuestion): Ring {
  const { n, colluding, dropout, adversary, sigma = 40, eta = 20, ownShare = false } = question;
  checkCohort(n);
  checkShare('colluding', colluding);
  checkShare('dropout', dropout);
  for (const [name, bits] of Object.entries({ sigma, eta })) {
    if (!(bits >= 1 && bits <= 256)) {
      throw new CairnError('settings-invalid', `${name} must be from 1 to 256 bits, but is ${bits}`);
    }
  }
  const key = [n, colluding, dropout, adversary, sigma, eta, ownShare].join(' ');
  if (!cache.has(key)) {
    if (cache.size >= CACHED) cache.clear();
    cache.set(key, search({ n, colluding, dropout, adversary, sigma, eta, ownShare }));
  }
  const found = cache.get(key);
  if (found === undefined) {
    throw new CairnError(
      'no-feasible-graph',
      `no ring of ${n} members is safe against ${colluding} colluding and ${dropout} dropping (${adversary}, σ = ${sigma})`,
    );
  }
  return found;
}
