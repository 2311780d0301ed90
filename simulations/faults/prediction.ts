import {
  below,
  type CollectingState,
  logBinomial,
  minSharers,
  type RoundParameters,
  roundParameters,
  type RoundQuestion,
} from '../../protocol/schemes/secagg/index.ts';
import { CairnError } from '../../protocol/errors.ts';
import { COLLECTING_STATES } from '../../protocol/rounds/index.ts';
import { statesOf } from './states.ts';
import { shareOf } from './select.ts';

/** The input of a prediction of whether a round fails. */
export interface PredictionQuestion {
  /** The round as described by its settings; `n` members are invited. */
  readonly round: RoundQuestion;
  /** Minimum number of inputs in a sum. */
  readonly minCohort: number;
  /** Share of members that drop, 0 to 1. */
  readonly share: number;
  /** Whether exactly that share drops, or each member independently with that probability. */
  readonly dropping: 'exact' | 'independent';
  /** The state before whose message they drop; `any`: each in one state, all equally likely. */
  readonly state: CollectingState | 'any';
}

/** P[Bin(n, p) = x]. */
function binomial(n: number, p: number, x: number): number {
  if (p <= 0 || p >= 1) return x === (p <= 0 ? 0 : n) ? 1 : 0;
  return Math.exp(logBinomial(n, x) + x * Math.log(p) + (n - x) * Math.log1p(-p));
}

/**
 * P[Bin(n, p) < x].
 * @internal Tests hold it against a count of all outcomes.
 */
export function binomialBelow(n: number, p: number, x: number): number {
  let sum = 0;
  for (let i = 0; i < Math.min(x, n + 1); i++) sum += binomial(n, p, i);
  return Math.min(1, sum);
}

/**
 * The probability that a round fails because too many members drop. On the complete graph it is exact: fewer than t
 * remain, or in an active round fewer than a quorum until it has signed. On a ring it is an upper bound, by the union
 * over all members whose secrets must be opened: one that is present needs t − 1 present neighbours, since it gives a
 * share of its own; one that dropped after sharing needs t. In an active round a quorum of the witnesses must be
 * present, too, unless members drop after it. Neighbours and witnesses are random sets (Bell et al. 2020, SecAgg+),
 * hence hypergeometric tails when exactly a share drops, binomial ones when each member drops independently.
 * @returns 0 to 1; 1 if no round can be run with the members that advertise their keys
 * @throws CairnError `settings-invalid`, `threshold-unsound`, `no-feasible-graph` if no round can be run at all
 */
export function failureProbability(question: PredictionQuestion): number {
  const { round, share, dropping } = question;
  roundParameters(round);
  const { n } = round;
  if (dropping === 'exact') return failureOf(question, shareOf(n, share));
  if (round.graph === 'complete' || roundParameters(round).graph === 'complete') {
    let sum = 0;
    for (let dropped = 0; dropped <= n; dropped++) {
      const weight = binomial(n, share, dropped);
      if (weight > 1e-18) sum += weight * failureOf(question, dropped);
    }
    return Math.min(1, sum);
  }
  return onIndependentRing(question);
}

/** For exactly this many drops. */
function failureOf(question: PredictionQuestion, dropped: number): number {
  const { state, round } = question;
  const states = statesOf(round.adversary);
  if (state !== 'any') {
    const early = state === 'advertise-keys' ? dropped : 0;
    const never = !states.includes(state);
    return failureWith(question, { early, late: never ? 0 : dropped - early, last: 0 }, state);
  }
  // Each member that drops does so in the first state with the same probability as in any other.
  let sum = 0;
  for (let early = 0; early <= dropped; early++) {
    const weight = binomial(dropped, 1 / states.length, early);
    if (weight <= 1e-12) continue;
    const late = dropped - early;
    for (let last = 0; last <= late; last++) {
      const share = weight * binomial(late, 1 / (states.length - 1), last);
      if (share > 1e-12) sum += share * failureWith(question, { early, late, last }, 'masked-input');
    }
  }
  return Math.min(1, sum);
}

/** How many drop before the roster closes, how many after it, and how many of these only when shares are requested. */
interface Dropped {
  readonly early: number;
  readonly late: number;
  readonly last: number;
}

function failureWith(
  { round, minCohort }: PredictionQuestion,
  { early, late, last }: Dropped,
  state: CollectingState,
): number {
  const parameters = parametersOf({ ...round, n: round.n - early });
  if (parameters === undefined || parameters.n < minCohort) return 1;
  const { graph, n, degree, threshold, witnesses, quorum } = parameters;
  const left = n - late;
  // Signers: members that drop at the very end have already signed.
  const signing = state === 'unmasking' ? n : left + last;
  if (isBeforeInput(state) && signing < Math.max(minSharers(parameters), minCohort)) return 1;
  if (graph === 'complete') return left < threshold || signing < quorum ? 1 : 0;
  if (left < Math.max(threshold, 1)) return 1;
  const unsigned = below({ total: n, marked: signing, draws: witnesses }, quorum);
  // Of one member's neighbours, the other remaining ones are marked.
  const there = below({ total: n - 1, marked: left - 1, draws: degree }, threshold - 1);
  const gone = late === 0 ? 0 : below({ total: n - 1, marked: left, draws: degree }, threshold);
  return Math.min(1, left * there + (sharesBefore(state) ? late * gone : 0) + unsigned);
}

function onIndependentRing({ round, minCohort, share, state }: PredictionQuestion): number {
  const { n } = round;
  if (state === 'advertise-keys') {
    const parameters = parametersOf({ ...round, n: Math.round(n * (1 - share)) });
    return parameters === undefined || parameters.n < minCohort ? 1 : 0;
  }
  if (state === 'consistency-check' && round.adversary === 'curious') return 0;
  const { degree, threshold, witnesses, quorum } = roundParameters(round);
  const stays = 1 - share;
  const unsigned = state === 'unmasking' ? 0 : binomialBelow(witnesses, stays, quorum);
  const there = n * stays * binomialBelow(degree, stays, threshold - 1);
  const gone = sharesBefore(state) ? n * share * binomialBelow(degree, stays, threshold) : 0;
  return Math.min(1, there + gone + unsigned);
}

/** Whether members that drop have shared secrets that must be opened. */
const sharesBefore = (state: PredictionQuestion['state']): boolean =>
  state !== 'advertise-keys' && state !== 'share-keys';

const isBeforeInput = (state: CollectingState): boolean =>
  COLLECTING_STATES.indexOf(state) <= COLLECTING_STATES.indexOf('masked-input');

function parametersOf(question: RoundQuestion): RoundParameters | undefined {
  if (question.n < 2) return undefined;
  try {
    return roundParameters(question);
  } catch (thrown) {
    if (thrown instanceof CairnError) return undefined;
    throw thrown;
  }
}
