import { CairnError } from '../../../errors.ts';
import { checkCohort, checkShare, colludersAtTwoCuts, findRing, ringThreshold, staysConnected } from './ring.ts';
import { type AdversaryClass, shareOf } from '../../../rounds/policy.ts';
import type { RosterParameters } from '../../../rounds/scheme.ts';
import type { Ring } from './ring.ts';
import { assertCommittee, type Committee, findCommittee, wholeCommittee } from './witnesses.ts';

/**
 * The graph that a task requests; `auto` takes a ring whenever one is safe and smaller than the complete graph, for 64
 * or more members.
 */
export type GraphKind = 'complete' | 'ring' | 'auto';

/** Statistical security in bits. */
const SIGMA = 40;

/**
 * Added to σ in active rounds: the ring's permutation and the choice of witnesses follow from all round-0 messages.
 * Each choice of members to seat is a trial of a few dozen hashes, and a coordinator could make 2^60 such trials.
 */
const GRINDING_ALLOWANCE = 60;

/**
 * Cohorts below this get the complete graph from `auto`: it costs them little, and shares of a small cohort round to so
 * few members (5 % of 10 to none) that a ring made for them would fail at the first drop more.
 */
const SMALLEST_AUTO_RING = 64;

/**
 * Bits for the ring, and in active rounds for its witnesses, each of which gets half of the bound on failure. The
 * graph's half has two parts: too many colluders around one member, and at two cuts.
 */
export function sigmaFor(adversary: AdversaryClass): number {
  return adversary === 'active' ? SIGMA + GRINDING_ALLOWANCE + 1 : SIGMA;
}

const NO_COMMITTEE: Committee = { witnesses: 0, quorum: 0 };

/** The parameters of a round's roster: which members share secrets, and how many sign the one survivor set. */
export type RoundParameters = RosterParameters;

/** The adversary that a round, or one client, assumes. */
export interface AdversaryModel {
  readonly adversary: AdversaryClass;
  /** Share of the cohort, 0 ≤ γ < 1, that may collude with the coordinator. */
  readonly colluding: number;
}

/**
 * The threshold of a complete graph if the task names none. Active: more than the colluders and more than a third,
 * since one survivor set is ensured by the quorum of {@link wholeCommittee}, not by the holders of each secret. Curious
 * (Bonawitz et al. 2017): more than the colluders and more than half.
 * @throws CairnError `settings-invalid` for n below 2 or a share out of range
 * @internal Tests check it against the papers' rule and against every smaller threshold.
 */
export function completeThreshold({ n, adversary, colluding }: { readonly n: number } & AdversaryModel): number {
  checkCohort(n);
  checkShare('colluding', colluding);
  const part = adversary === 'active' ? Math.floor(n / 3) : Math.floor(n / 2);
  return Math.max(2, shareOf(n, colluding) + 1, part + 1);
}

/**
 * How many of those that a member shares with, itself included, must have shared their keys before it sends its masked
 * input: the threshold, and on an active complete graph a quorum.
 *
 * A member that is shown fewer masks with fewer. A coordinator could tell one member that only accomplices and some
 * others are left, leave those others out of the survivor set, so that their mask secrets are opened, and never ask the
 * member: without an honest survivor in its view its input is exposed. With V members in its view and a quorum q of
 * other signers, V + q > n + ⌊γn⌋ leaves it one. (On a ring the threshold itself is that high; see {@link
 * minSoundThreshold}.)
 */
export function minSharers({ graph, threshold, quorum }: RoundParameters): number {
  return graph === 'complete' ? Math.max(threshold, quorum) : threshold;
}

/**
 * The minimum threshold at which a round is sound. Complete graph: ⌊γn⌋ + 1, and at least 2. Ring: the search's rule 2
 * (curious) or 3 (active, own shares counted) for this degree.
 * @param question - `sigma` in bits; by default 40, and 101 for a ring against an active coordinator
 * @returns a number of shares; on a ring that is too thin it exceeds the degree + 1 holders
 * @throws CairnError `settings-invalid` for arguments out of range
 * @internal Tests check it against its own definition, one threshold lower; a whole round only says yes or no.
 */
export function minSoundThreshold(
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
  return Math.max(2, shareOf(n, colluding) + 1);
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
 * taken from the coordinator unchecked protects against no adversary.
 * @throws CairnError `threshold-unsound` if the threshold or the quorum is too low, or a ring is so thin that colluders
 * alone may cut a member off (rule 1 without dropouts); `settings-invalid` if no such graph, threshold or quorum exists
 */
export function assertSound(parameters: RoundParameters, { adversary, colluding }: AdversaryModel): void {
  const { graph, n, degree, threshold } = parameters;
  const least = minSoundThreshold({ n, graph, degree, adversary, colluding });
  if (!Number.isSafeInteger(threshold) || threshold > degree + 1) {
    throw new CairnError(
      'settings-invalid',
      `threshold must be an integer of at most ${degree + 1} holders, but is ${threshold}`,
    );
  }
  if (threshold < least) {
    throw new CairnError(
      'threshold-unsound',
      `threshold ${threshold} is unsound on a ${graph} graph of ${n} members with degree ${degree}, ${adversary} and ${colluding} colluding: the minimum sound threshold is ${least}`,
    );
  }
  if (graph === 'ring' && !staysConnected(n, degree, shareOf(n, colluding), sigmaFor(adversary))) {
    throw new CairnError(
      'threshold-unsound',
      `no threshold is sound on a ring of ${n} members with degree ${degree}: ${colluding} colluding may cut a member off`,
      { hint: 'raise the degree, or use the complete graph' },
    );
  }
  if (adversary === 'active') assertCommittee(n, parameters, colluding, sigmaFor(adversary));
}

/**
 * The minimum number of survivors of a ring on any two disjoint stretches of degree/2 positions: one more than could
 * all be colluders. Otherwise an active coordinator, which says which members have dropped out, may cut the ring there:
 * masks between its two parts are all known, and each part's sum opens by itself (Bell et al. 2020 let the server have
 * sums of parts). The threshold alone does not prevent it: each cut takes only half as many colluders as are tolerated.
 */
export function minAtTwoCuts({ n, degree }: RoundParameters, { adversary, colluding }: AdversaryModel): number {
  return colludersAtTwoCuts(n, degree, colluding, sigmaFor(adversary)) + 1;
}

/** What a task specifies about its rounds' graphs. */
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
 * searched for with σ = 40 against a curious coordinator and σ = 101 against an active one, and so are their witnesses.
 * @throws CairnError `no-feasible-graph` if a ring is requested and none is safe; `threshold-unsound` if an explicit
 * threshold is too low, with the minimum sound one; `settings-invalid` for arguments out of range
 */
export function roundParameters(question: RoundQuestion): RoundParameters {
  const { n, graph, adversary, colluding, dropout, threshold } = question;
  checkCohort(n);
  checkShare('dropout', dropout);
  const model = { adversary, colluding };
  const whole = graph === 'complete' || (graph === 'auto' && n < SMALLEST_AUTO_RING);
  const ring = whole ? undefined : ringOrNothing(question);
  const committee = adversary === 'active' ? wholeCommittee(n, colluding) : NO_COMMITTEE;
  const shape: RoundParameters =
    ring === undefined
      ? { graph: 'complete', n, degree: n - 1, threshold: completeThreshold({ n, ...model }), ...committee }
      : { graph: 'ring', n, ...ring };
  const parameters = threshold === 0 ? shape : { ...shape, threshold };
  assertSound(parameters, model);
  return parameters;
}

function ringOrNothing(question: RoundQuestion): (Ring & Committee) | undefined {
  const { n, graph, adversary, colluding, dropout } = question;
  try {
    const ring = findRing({ n, colluding, dropout, adversary, sigma: sigmaFor(adversary), ownShare: true });
    return graph === 'ring' || ring.degree < n - 1 ? { ...ring, ...committeeOf(question) } : undefined;
  } catch (thrown) {
    if (graph === 'auto' && thrown instanceof CairnError && thrown.code === 'no-feasible-graph') return undefined;
    throw thrown;
  }
}

/** The witnesses of a ring. @throws CairnError `no-feasible-graph` if there is no safe choice */
function committeeOf({ n, adversary, colluding, dropout }: RoundQuestion): Committee {
  if (adversary === 'curious') return NO_COMMITTEE;
  const found = findCommittee({ n, colluding, dropout, sigma: sigmaFor(adversary) });
  if (found !== undefined) return found;
  throw new CairnError(
    'no-feasible-graph',
    `no quorum of ${n} members is safe against ${colluding} colluding and reached with ${dropout} dropping`,
  );
}
