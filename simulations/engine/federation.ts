import { Random } from '../../training/index.ts';
import { alreadyRead, atOnce, learn, type Strategy } from '../../learning/index.ts';
import type { Aggregate, LocalResult } from '../../protocol/quantize/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { Fault } from '../faults/script.ts';
import type { Aggregation, Aggregator } from './aggregator.ts';

/** A round of a federation that a member trains for. */
interface Job {
  readonly member: MemberId;
  /** From 1. */
  readonly round: number;
  /** The model that the round starts from, in shared memory. It must not be changed. */
  readonly parameters: Float32Array;
  /** For shuffling: an integer from 0 to 2^53 − 1. */
  readonly seed: number;
}

/** A training over rounds, as a coordinator runs it. */
export interface FederationOptions {
  /** The first model. */
  readonly parameters: Float32Array;
  readonly members: readonly MemberId[];
  /** Number of members of one round, drawn again for each. */
  readonly cohort: number;
  /**
   * `exact`: exactly so many, all sets equally likely. `independent`: each member independently with probability
   * cohort / members, as the accountant of differential privacy assumes; there may be none. Default exact.
   */
  readonly drawing?: 'exact' | 'independent';
  readonly rounds: number;
  readonly aggregator: Aggregator;
  readonly strategy: Strategy;
  /** Determines cohorts, shuffling, latencies and faults. An integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** Gives what a member would send: its training, or an attack. Called for all members of a round at the same time. */
  readonly train: (job: Job) => Promise<LocalResult>;
  /** What goes wrong in a round. Default nothing. */
  readonly faultsOf?: (round: number) => readonly Fault[];
  readonly signal?: AbortSignal;
}

/** One round after its end. */
export interface FederationRound {
  readonly round: number;
  readonly cohort: readonly MemberId[];
  /** Each member's update, as it was given to the round. */
  readonly updates: ReadonlyMap<MemberId, LocalResult>;
  readonly aggregation: Aggregation & { readonly aggregate: Aggregate | undefined };
  /** The model after it, unchanged if the round failed. In shared memory. */
  readonly parameters: Float32Array;
}

/**
 * Trains round by round: a cohort is drawn, its members train from the round's model, their updates go through the
 * aggregator, and the strategy makes the next model from the mean. A round without a sum, or whose model would not be
 * finite, leaves the model as it was. Two federations with the same seed have the same cohorts and shuffles, whatever
 * fails in one of them.
 * @throws what training throws; CairnError of the aggregator for updates that no client would send; the signal's reason
 */
export async function* federate(options: FederationOptions): AsyncGenerator<FederationRound, void> {
  const { members, aggregator, strategy, seed, signal } = options;
  let parameters = inSharedMemory(options.parameters);
  let state = strategy.init(parameters.length);
  for (let round = 1; round <= options.rounds; round++) {
    signal?.throwIfAborted();
    const random = new Random(seed, `round ${round}`);
    const cohort = (options.drawing === 'independent' ? drawEach : drawCohort)(members, options.cohort, random);
    const current = parameters;
    const trained = await Promise.all(
      cohort.map((member) => {
        const own = new Random(seed, `round ${round} member ${member}`);
        return options.train({ member, round, parameters: current, seed: own.next() });
      }),
    );
    signal?.throwIfAborted();
    const updates = new Map(cohort.map((member, i) => [member, trained[i]!]));
    const faults = options.faultsOf?.(round) ?? [];
    const conditions = { faults, seed: random.next() };
    let aggregation = cohort.length === 0 ? NOBODY : aggregator.mean(updates, conditions);
    if (aggregation.aggregate !== undefined) {
      try {
        const name = `the model after round ${round}`;
        const model = { name, strategy, flat: current, state, into: sharedMemory(current.length) };
        const { next } = atOnce(learn(model, alreadyRead(aggregation.aggregate)));
        ({ flat: parameters, state } = next);
      } catch (thrown) {
        aggregation = withoutModel(aggregation, asCairnError(thrown));
      }
    }
    yield { round, cohort, updates, aggregation, parameters };
  }
}

/** A round for which no member was drawn. */
const NOBODY: FederationRound['aggregation'] = {
  included: [],
  drops: [],
  error: new CairnError('data-empty', 'no member was drawn for the round'),
  clipped: 0,
  bytesUp: 0,
  bytesDown: 0,
  aggregate: undefined,
};

/** Each member with the same probability, independently of the others. */
function drawEach(members: readonly MemberId[], expected: number, random: Random): MemberId[] {
  return members.filter(() => random.uniform() * members.length < expected).sort((a, b) => a - b);
}

/** Members of one round, ascending. */
function drawCohort(members: readonly MemberId[], size: number, random: Random): MemberId[] {
  const order = random.shuffle(Uint32Array.from({ length: members.length }, (_, i) => i));
  return [...order.subarray(0, size)].map((i) => members[i]!).sort((a, b) => a - b);
}

const sharedMemory = (length: number): Float32Array =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));

function inSharedMemory(values: Float32Array): Float32Array {
  const copy = sharedMemory(values.length);
  copy.set(values);
  return copy;
}

/** A round whose sum would have made a model that is not finite: it fails, as a coordinator's would. */
function withoutModel(round: FederationRound['aggregation'], error: CairnError): FederationRound['aggregation'] {
  if (error.code !== 'update-not-finite') throw error;
  return { ...round, included: [], error, aggregate: undefined };
}
