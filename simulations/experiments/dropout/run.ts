import { loadMnistLabels } from '../../../training/data/node/index.ts';
import { failureProbability } from '../../faults/prediction.ts';
import { workInOrder } from '../../laboratory/in-order.ts';
import type { Laboratory } from '../../laboratory/experiment.ts';
import { sum } from '../../laboratory/statistics.ts';
import { trainUnderChurn } from './churn.ts';
import { countFailures, oddsPoints } from './odds.ts';
import { hasFurtherFaults, oneRound } from './one-round.ts';
import { type Point, pointsOf, questionOf, repeatsOf } from './points.ts';
import { ALL, BYTES, ODDS, ROUNDS, TIMES, toRanges } from './results.ts';
import { PHASES } from '../../engine/phases.ts';
import type { DropoutSettings } from './settings.ts';

type Lab = Laboratory<DropoutSettings>;

/** Whether a part of the experiment is run: `auto` runs it beside a sweep, not beside a single point. */
export function isOn(settings: DropoutSettings, part: 'odds' | 'churn'): boolean {
  return settings[part] === 'on' || (settings[part] === 'auto' && pointsOf(settings).length > 1);
}

/**
 * Runs every point of the sweep, then the many small rounds, then the training.
 * @throws CairnError `data-missing` before anything runs, if a training is requested and MNIST is not installed
 */
export async function run(lab: Lab): Promise<void> {
  const { settings } = lab;
  const jobs = pointsOf(settings).flatMap((point, place) =>
    Array.from({ length: repeatsOf(settings, point) }, (_, repeat) => ({ point, place, repeat })),
  );
  const odds = isOn(settings, 'odds') ? oddsPoints(settings) : [];
  const training = isOn(settings, 'churn') ? 2 * settings.churnRounds : 0;
  if (training > 0) await loadMnistLabels('test');
  lab.plan(jobs.length + odds.length + training);
  const { results } = lab;
  const roundsLeft = jobs.slice(results.rows(ROUNDS).length);
  const oddsLeft = odds.slice(results.rows(ODDS).length);
  const finish = (record: () => void): void => record();
  await workInOrder(roundsLeft, lab.threads, finish, async (job, add) => add(await runOne(lab, job)));
  await workInOrder(oddsLeft, lab.threads, finish, async (point, add) => {
    const record = await countFailures(lab, point);
    add(() => {
      record();
      lab.advance(1, `${point.graph} graph, ${point.dropout * 100} % drop`);
    });
  });
  if (training > 0) await trainUnderChurn(lab, () => lab.advance(1, 'training under churn'));
}

interface RoundJob {
  readonly point: Point;
  readonly place: number;
  readonly repeat: number;
}

/** The phases for which a run killed during this round has left rows: they are the last of their series. */
function phasesOf(
  rows: readonly { readonly point: number; readonly repeat: number; readonly phase: string }[],
  { point, repeat }: { readonly point: number; readonly repeat: number },
): Set<string> {
  const found = new Set<string>();
  for (let i = rows.length - 1; i >= 0 && rows[i]!.point === point && rows[i]!.repeat === repeat; i--)
    found.add(rows[i]!.phase);
  return found;
}

async function runOne(lab: Lab, { point, place, repeat }: RoundJob): Promise<() => void> {
  const { settings } = lab;
  const seed = lab.seedOf(`round ${place} ${repeat}`);
  const round = await lab.call(oneRound, { point, settings, seed });
  const { clients, dim, dropout, state, graph, adversary } = point;
  const predictedFailure = hasFurtherFaults(settings)
    ? null
    : failureProbability({
        round: questionOf(settings, point),
        minCohort: 2,
        share: dropout,
        dropping: settings.dropping,
        state,
      });
  return () => {
    const of = { point: place, repeat };
    const known = { bytes: phasesOf(lab.results.rows(BYTES), of), times: phasesOf(lab.results.rows(TIMES), of) };
    for (const phase of PHASES) {
      const bytes = { bytesUp: round.up[phase], bytesDown: round.down[phase] };
      if (bytes.bytesUp + bytes.bytesDown > 0 && !known.bytes.has(phase)) lab.record(BYTES, { ...of, phase, ...bytes });
      const times = { clientMs: round.clientMs[phase], serverMs: round.serverMs[phase] };
      if (times.clientMs + times.serverMs > 0 && !known.times.has(phase)) lab.record(TIMES, { ...of, phase, ...times });
    }
    if (!known.times.has(ALL))
      lab.record(TIMES, {
        ...of,
        phase: ALL,
        clientMs: round.clientTotalMs,
        serverMs: sum(Object.values(round.serverMs)),
      });
    // Last, since a round recorded here is not run again.
    lab.record(ROUNDS, {
      ...of,
      clients,
      dim,
      dropout,
      state,
      graph,
      adversary,
      committed: round.committed,
      sumExact: round.sumExact,
      error: round.code,
      included: round.included.length,
      members: toRanges(round.included),
      graphTaken: round.graph,
      k: round.degree,
      t: round.threshold,
      droppedBeforeInput: round.drops['before-input'],
      droppedAfterInput: round.drops['after-input'],
      droppedWithoutUnmasking: round.drops['without-unmasking'],
      bytesUp: round.bytesUp,
      bytesDown: round.bytesDown,
      totalBytesUp: round.totalUp,
      totalBytesDown: round.totalDown,
      virtualSeconds: round.virtualSeconds,
      predictedFailure,
    });
    lab.advance(1, `${clients} clients, ${dim} parameters, ${dropout * 100} % drop`);
  };
}
