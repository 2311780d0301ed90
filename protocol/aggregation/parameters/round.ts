import { CairnError } from '../../errors.ts';
import { below } from './hypergeometric.ts';
import {
  checkCohort,
  checkShare,
  colludersAtTwoCuts,
  findRing,
  ringThreshold,
  shareOf,
  staysConnected,
} from './ring.ts';
import type { AdversaryClass, Ring } from './ring.ts';

/**
 * The graph that a task asks for; `auto` takes a ring wherever one is safe and smaller than the complete graph, from 64
 * members on.
 */
export type GraphKind = 'complete' | 'ring' | 'auto';

/** Statistical security in bits. */
const SIGMA = 40;

/**
 * Added to σ in active rounds: the permutation of the ring is derived from all round-0 messages, and a coordinator that
 * invents some of them could try 2^40 rosters until the permutation suits it.
 */
const GRINDING_ALLOWANCE = 40;

/**
 * Cohorts below this get the complete graph from `auto`: it costs them little, and shares of a small cohort round to so
 * few members (5 % of 10 to none) that a ring made for them would fail at the first drop beyond.
 */
const SMALLEST_AUTO_RING = 64;

/** Statistical security of a ring, in bits. */
export function sigmaFor(adversary: AdversaryClass): number {
  return adversary === 'active' ? SIGMA + GRINDING_ALLOWANCE : SIGMA;
}

/** Who shares with whom, and how many shares open a secret. */
export interface RoundParameters {
  readonly graph: 'complete' | 'ring';
  /** Cohort size. */
  readonly n: number;
  /** Neighbours of each member; n − 1 on the complete graph, even on a ring. */
  readonly degree: number;
  /** Shares that open a secret. Each has degree + 1 holders: a member keeps a share of its own secrets too. */
  readonly threshold: number;
}

/** The adversary that a round, or one client, reckons with. */
export interface AdversaryModel {
  readonly adversary: AdversaryClass;
  /** Share of the cohort, 0 ≤ γ < 1, that may collude with the coordinator. */
  readonly colluding: number;
}

/** Least t with 2t > sum: two quorums of t then meet in an honest member. */
const majorityOf = (sum: number): number => Math.floor(sum / 2) + 1;

/**
 * The threshold that a complete graph gets where the task names none (papers.md section 1). Active: ⌊2n/3⌋ + 1, or
 * least t with 2t > n + ⌊γn⌋ where that is more. Curious: more than the colluders and more than half.
 * @throws CairnError `settings-invalid` for n below 2 or a share out of range
 */
export function completeThreshold({ n, adversary, colluding }: { readonly n: number } & AdversaryModel): number {
  checkCohort(n);
  checkShare('colluding', colluding);
  const colluders = shareOf(n, colluding);
  if (adversary === 'active') return Math.max(Math.floor((2 * n) / 3) + 1, majorityOf(n + colluders));
  return Math.max(2, colluders + 1, Math.floor(n / 2) + 1);
}

/**
 * The least threshold at which a round is sound. Complete graph: ⌊γn⌋ + 1 (curious), least t with 2t > n + ⌊γn⌋
 * (active), and 2 at least. Ring: the finder's rule 2 (curious) or 3 (active, own shares counted) for this degree.
 * @param question - `sigma` in bits; by default 40, and 80 for a ring against an active coordinator
 * @returns a number of shares; on a ring that is too thin it exceeds the degree + 1 holders
 * @throws CairnError `settings-invalid` for arguments out of range
 */
export function leastSoundThreshold(
  question: {
    readonly n: number;
    readonly graph: 'complete' | 'ring';
    readonly degree: number;
    readonly sigma?: number;
  } & AdversaryModel,
): number {
  const { n, graph, degree, adversary, colluding, sigma = sigmaFor(adversary) } = question;
  checkCohort(n);
  checkShare('colluding', colluding);
  checkDegree(graph, n, degree);
  if (graph === 'ring') return ringThreshold(n, degree, adversary, colluding, sigma);
  const colluders = shareOf(n, colluding);
  return Math.max(2, adversary === 'active' ? majorityOf(n + colluders) : colluders + 1);
}

function checkDegree(graph: 'complete' | 'ring', n: number, degree: number): void {
  if (graph === 'complete' && degree !== n - 1) {
    throw new CairnError('settings-invalid', `a complete graph of ${n} has degree ${n - 1}, but degree is ${degree}`);
  }
  if (graph === 'ring' && !(Number.isSafeInteger(degree) && degree >= 2 && degree < n && degree % 2 === 0)) {
    throw new CairnError(
      'settings-invalid',
      `a ring of ${n} has an even degree from 2 below ${n}, but it is ${degree}`,
    );
  }
}

/**
 * Refuses parameters that are not sound against an adversary. A client calls it with its own model, since a threshold
 * taken from the coordinator unchecked protects against nobody.
 * @throws CairnError `threshold-unsound` where the threshold is too low, or a ring is so thin that colluders alone may
 * cut a member off (rule 1 without dropouts); `settings-invalid` where no such graph or threshold exists
 */
export function assertSound(parameters: RoundParameters, { adversary, colluding }: AdversaryModel): void {
  const { graph, n, degree, threshold } = parameters;
  const least = leastSoundThreshold({ n, graph, degree, adversary, colluding });
  if (!Number.isSafeInteger(threshold) || threshold > degree + 1) {
    throw new CairnError(
      'settings-invalid',
      `threshold must be a whole number of at most ${degree + 1} holders, but is ${threshold}`,
    );
  }
  if (threshold < least) {
    throw new CairnError(
      'threshold-unsound',
      `threshold ${threshold} is unsound on a ${graph} graph of ${n} members with degree ${degree}, ${adversary} and ${colluding} colluding: the least sound one is ${least}`,
    );
  }
  if (graph === 'ring' && !staysConnected(n, degree, shareOf(n, colluding), sigmaFor(adversary))) {
    throw new CairnError(
      'threshold-unsound',
      `no threshold is sound on a ring of ${n} members with degree ${degree}: ${colluding} colluding may cut a member off`,
      { hint: 'raise the degree, or use the complete graph' },
    );
  }
}

/**
 * How many survivors a ring must have, at the least, on any two stretches of degree/2 positions that are apart: one more
 * than could all be colluders. Otherwise whoever says who has dropped out, an active coordinator, may cut the ring there:
 * masks between its two parts are all known, and each part's sum opens by itself (Bell et al. 2020 let the server have
 * sums of parts). The threshold alone does not prevent it: at each cut it takes only half as many colluders as tolerated.
 */
export function leastAtTwoCuts({ n, degree }: RoundParameters, { adversary, colluding }: AdversaryModel): number {
  return colludersAtTwoCuts(n, degree, colluding, sigmaFor(adversary)) + 1;
}

/** γ that a client reckons with unless its policy says otherwise. A task for clients with this policy asks for no less. */
export const DEFAULT_COLLUDING = 0.2;

/** What a task says about its rounds' graphs. */
export interface RoundQuestion extends AdversaryModel {
  /** Cohort size. */
  readonly n: number;
  readonly graph: GraphKind;
  /** Share of the cohort, 0 ≤ δ < 1, that may drop out. */
  readonly dropout: number;
  /** Shares that open a secret; 0 derives the number. */
  readonly threshold: number;
}

/**
 * The parameters of a round: a pure function of its settings, so that each side derives them for itself. Rings are
 * sought with σ = 40 against a curious coordinator and σ = 80 against an active one.
 * @throws CairnError `no-feasible-graph` where a ring is asked for and none is safe; `threshold-unsound` where an
 * explicit threshold is too low, with the least sound one; `settings-invalid` for arguments out of range
 */
export function roundParameters(question: RoundQuestion): RoundParameters {
  const { n, graph, adversary, colluding, dropout, threshold } = question;
  checkCohort(n);
  checkShare('dropout', dropout);
  const model = { adversary, colluding };
  const whole = graph === 'complete' || (graph === 'auto' && n < SMALLEST_AUTO_RING);
  const ring = whole ? undefined : ringOrNothing(question);
  const shape =
    ring === undefined
      ? ({ graph: 'complete', n, degree: n - 1, threshold: completeThreshold({ n, ...model }) } as const)
      : ({ graph: 'ring', n, degree: ring.degree, threshold: ring.threshold } as const);
  const parameters = threshold === 0 ? shape : { ...shape, threshold };
  assertSound(parameters, model);
  return parameters;
}

function ringOrNothing({ n, graph, adversary, colluding, dropout }: RoundQuestion): Ring | undefined {
  try {
    const ring = findRing({ n, colluding, dropout, adversary, sigma: sigmaFor(adversary), ownShare: true });
    return graph === 'ring' || ring.degree < n - 1 ? ring : undefined;
  } catch (thrown) {
    if (graph === 'auto' && thrown instanceof CairnError && thrown.code === 'no-feasible-graph') return undefined;
    throw thrown;
  }
}

/**
 * An upper bound on the probability that a random set of `survivors` cannot open the sum, because some member is left
 * with fewer surviving neighbours than the threshold (a union bound over the members, capped at 1).
 * @throws CairnError `settings-invalid` where survivors is not a whole number from 0 to n
 */
export function dropoutFailureProbability({ graph, n, degree, threshold }: RoundParameters, survivors: number): number {
  if (!Number.isSafeInteger(survivors) || survivors < 0 || survivors > n) {
    throw new CairnError('settings-invalid', `survivors must be from 0 to ${n}, but is ${survivors}`);
  }
  if (graph === 'complete') return survivors < threshold ? 1 : 0;
  return Math.min(1, n * below({ total: n, marked: survivors, draws: degree }, threshold));
}
