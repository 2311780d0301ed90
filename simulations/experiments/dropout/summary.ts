import { PHASES } from '../../engine/phases.ts';
import type { Results } from '../../laboratory/results.ts';
import type { Json, JsonObject } from '../../laboratory/rows.ts';
import { median } from '../../laboratory/statistics.ts';
import { fromRanges } from './ranges.ts';
import { ALL, BYTES, ODDS, type RoundRow, ROUNDS, TIMES, TRAINING } from './series.ts';
import type { DropoutSettings } from './settings.ts';

/** The results of a run. */
export type DropoutResults = Results<DropoutSettings>;

/** The rounds of each point, in the sweep's order. */
export function byPoint(results: DropoutResults): RoundRow[][] {
  const points: RoundRow[][] = [];
  for (const row of results.rows(ROUNDS)) (points[row.point] ??= []).push(row);
  return points;
}

/** What is known of all rounds of one point. */
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
    /** Of the rounds with a sum, how many had another than the plain one. */
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

/** What summary.json holds: of a single point its first round at the top, of a sweep a list. */
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

/** Milliseconds of each point: of one client and of the coordinator, over its rounds the median, in all and by phase. */
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

/** What timings.json holds of the clocks. A sweep's have a name of their own: `--json` puts them beside the summary's points. */
export function measure(results: DropoutResults): JsonObject {
  const points = byPoint(results);
  if (points.length === 1) return measuredPoint(results, 0);
  return { times: points.map((_, place): Json => measuredPoint(results, place)) };
}
