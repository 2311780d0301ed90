import { PHASES } from '../../engine/phases.ts';
import type { Results } from '../../laboratory/experiment.ts';
import { type Json, type JsonObject, Series } from '../../laboratory/rows.ts';
import { median } from '../../laboratory/statistics.ts';
import type { DropoutSettings } from './settings.ts';

/** Ascending integers as text, with runs as ranges: 1-3,7. */
export function toRanges(numbers: readonly number[]): string {
  const runs: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let last = i;
    while (last + 1 < numbers.length && numbers[last + 1] === numbers[last]! + 1) last++;
    runs.push(last === i ? `${numbers[i]}` : `${numbers[i]}-${numbers[last]}`);
    i = last + 1;
  }
  return runs.join(',');
}

/** The numbers of such a string. */
function fromRanges(text: string): number[] {
  if (text === '') return [];
  return text.split(',').flatMap((run) => {
    const [first, last = first] = run.split('-').map(Number);
    return Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

/** One round of one point of the sweep. */
export type RoundRow = {
  /** Place of the point in the sweep, from 0. */
  readonly point: number;
  readonly repeat: number;
  readonly clients: number;
  readonly dim: number;
  readonly dropout: number;
  readonly state: string;
  /** As requested; `graphTaken` is auto's choice, null if the roster never closed. */
  readonly graph: string;
  readonly adversary: string;
  readonly committed: boolean;
  readonly sumExact: boolean | null;
  /** Code of the error that ended it. */
  readonly error: string | null;
  readonly included: number;
  /** Ids of the members whose inputs count, as ranges: 1-3,7. */
  readonly members: string;
  readonly graphTaken: string | null;
  /** Neighbours of each member. */
  readonly k: number | null;
  /** Shares that open a secret. */
  readonly t: number | null;
  readonly droppedBeforeInput: number;
  readonly droppedAfterInput: number;
  readonly droppedWithoutUnmasking: number;
  /** Of the median client among those that count. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Of all clients together. */
  readonly totalBytesUp: number;
  readonly totalBytesDown: number;
  readonly virtualSeconds: number;
  /**
   * Predicted probability of failure, an upper bound on rings; null with further faults, which the prediction does not
   * cover.
   */
  readonly predictedFailure: number | null;
};

/** Bytes of the median client in one phase of one round. */
type BytesRow = {
  readonly point: number;
  readonly repeat: number;
  readonly phase: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
};

/** Used in place of a phase for all of them together. */
export const ALL = 'all';

/** Milliseconds of work in one phase of one round: of the median client, and of the coordinator. */
type TimeRow = {
  readonly point: number;
  readonly repeat: number;
  readonly phase: string;
  readonly clientMs: number;
  readonly serverMs: number;
};

/** Many small rounds of one kind: how many failed, and how many were predicted to. */
export type OddsRow = {
  readonly graph: string;
  readonly adversary: string;
  readonly clients: number;
  readonly k: number;
  readonly t: number;
  readonly dropout: number;
  readonly rounds: number;
  readonly failed: number;
  /** Rounds whose sum differed from the plain one: always zero. */
  readonly wrong: number;
  readonly observed: number;
  readonly predicted: number;
};

/** One round of the training, with churn or without. */
type TrainingRow = {
  readonly churn: number;
  readonly round: number;
  readonly committed: boolean;
  readonly included: number;
  readonly dropped: number;
  /** On the test images, of the model after the round. */
  readonly accuracy: number;
  readonly loss: number;
};

/** Every round of the sweep. */
export const ROUNDS = new Series<RoundRow>('rounds');
/** How the bytes of each round are spent. */
export const BYTES = new Series<BytesRow>('bytes');
/** How the time of each round is spent. */
export const TIMES = new Series<TimeRow>('times', 'timings');
/** How often small rounds fail. */
export const ODDS = new Series<OddsRow>('odds');
/** The trainings with and without churn. */
export const TRAINING = new Series<TrainingRow>('training');

/** The results of a run. */
export type DropoutResults = Results<DropoutSettings>;

/** The rounds of each point, in the sweep's order. */
export function byPoint(results: DropoutResults): RoundRow[][] {
  const points: RoundRow[][] = [];
  for (const row of results.rows(ROUNDS)) (points[row.point] ??= []).push(row);
  return points;
}

/** A summary of all rounds of one point. */
export function pointSummary(rounds: readonly RoundRow[]) {
  const first = rounds[0]!;
  const { clients, dim, dropout, state, adversary, graph, k, t, predictedFailure } = first;
  const failed = rounds.filter(({ committed }) => !committed).length;
  return {
    clients,
    dim,
    dropout,
    state,
    adversary,
    graph: first.graphTaken ?? graph,
    k,
    t,
    rounds: rounds.length,
    failed,
    /** Of the rounds with a sum, how many had a sum different from the plain one. */
    wrongSums: rounds.filter(({ sumExact }) => sumExact === false).length,
    observedFailure: failed / rounds.length,
    predictedFailure,
    included: median(rounds.map(({ included }) => included)),
    bytesUp: median(rounds.map(({ bytesUp }) => bytesUp)),
    bytesDown: median(rounds.map(({ bytesDown }) => bytesDown)),
    totalBytesUp: median(rounds.map(({ totalBytesUp }) => totalBytesUp)),
    totalBytesDown: median(rounds.map(({ totalBytesDown }) => totalBytesDown)),
    virtualSeconds: median(rounds.map(({ virtualSeconds }) => virtualSeconds)),
  };
}

/** The content of summary.json: for a single point its first round at the top, for a sweep a list. */
export function summarise(results: DropoutResults): JsonObject {
  const points = byPoint(results);
  const odds = results.rows(ODDS);
  const training = results.rows(TRAINING);
  return {
    ...(points.length === 1 ? singleSummary(results, points[0]!) : {}),
    points: points.map((rounds): Json => pointSummary(rounds)),
    ...(odds.length > 0 ? { odds } : {}),
    ...(training.length > 0 ? { training: trainingSummary(results) } : {}),
  };
}

function singleSummary(results: DropoutResults, [first]: readonly RoundRow[]): JsonObject {
  const bytes = results.rows(BYTES).filter(({ repeat }) => repeat === first!.repeat);
  return {
    committed: first!.committed,
    sumExact: first!.sumExact,
    error: first!.error,
    included: fromRanges(first!.members),
    graph: first!.graphTaken,
    k: first!.k,
    t: first!.t,
    drops: {
      beforeInput: first!.droppedBeforeInput,
      afterInput: first!.droppedAfterInput,
      withoutUnmasking: first!.droppedWithoutUnmasking,
    },
    bytesUp: first!.bytesUp,
    bytesDown: first!.bytesDown,
    totalBytesUp: first!.totalBytesUp,
    totalBytesDown: first!.totalBytesDown,
    bytesByPhase: Object.fromEntries(bytes.map(({ phase, bytesUp, bytesDown }) => [phase, { bytesUp, bytesDown }])),
    virtualSeconds: first!.virtualSeconds,
    predictedFailure: first!.predictedFailure,
  };
}

function trainingSummary(results: DropoutResults): JsonObject {
  const of = (churn: number): Json => {
    const rounds = results.rows(TRAINING).filter((row) => row.churn === churn);
    return {
      churn,
      rounds: rounds.length,
      failed: rounds.filter(({ committed }) => !committed).length,
      accuracy: rounds.at(-1)?.accuracy ?? null,
    };
  };
  return { calm: of(0), churned: of(results.settings.churnRate) };
}

/**
 * Milliseconds of each point: of one client and of the coordinator, the median over its rounds, in total and by phase.
 */
export function measuredPoint(results: DropoutResults, point: number) {
  const of = (phase: string) => {
    const times = results.rows(TIMES).filter((row) => row.point === point && row.phase === phase);
    return {
      clientMs: median(times.map(({ clientMs }) => clientMs)),
      serverMs: median(times.map(({ serverMs }) => serverMs)),
    };
  };
  return { ...of(ALL), phases: Object.fromEntries(PHASES.map((phase) => [phase, of(phase)])) };
}

/**
 * The clock readings in timings.json. A sweep's have a separate name: `--json` puts them beside the summary's points.
 */
export function measure(results: DropoutResults): JsonObject {
  const points = byPoint(results);
  if (points.length === 1) return measuredPoint(results, 0);
  return { times: points.map((_, place): Json => measuredPoint(results, place)) };
}
