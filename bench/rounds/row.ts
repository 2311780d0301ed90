import { nodePrimitives } from '../../protocol/crypto/node/index.ts';
import type { RoundCost } from '../schema.ts';
import { peakRssMB } from '../support/memory.ts';
import { median, medianOfEach, rounded, roundMs, total } from '../support/statistics.ts';
import { computers } from './compute.ts';
import { SERVER_PHASES } from './metered-server.ts';
import { paperMs } from './paper.ts';
import { CLIENT_PHASES } from './real-client.ts';
import { type Measured, measureRound, parametersOf } from './round.ts';
import { castOf, type RoundShape } from './shape.ts';

/** A row of the table: the fields of the JSON, and those only in the table. */
export interface RoundRow {
  readonly cost: RoundCost;
  /** How many clients ran their whole session. */
  readonly realClients: number;
  /** Threads used by the computer whose time counts. */
  readonly threads: number;
}

/** A small round that is not counted: it gets the sessions' code compiled, as in a process that serves rounds. */
const WARM_UP = { n: 48, d: 2000, realClients: 'all' } as const;

/** Runs a round as often as its shape says, and computes medians. */
export async function benchRound(shape: RoundShape): Promise<RoundRow> {
  const computing = computers(nodePrimitives);
  const runs: Measured[] = [];
  try {
    await measureRound({ ...shape, ...WARM_UP }, computing);
    for (let i = 0; i < shape.repeats; i++) runs.push(await measureRound(shape, computing));
  } finally {
    for (const computer of computing) await computer.close();
  }
  const clientPhasesMs = medianOfEach(
    runs.map((run) => run.clientPhasesMs),
    CLIENT_PHASES,
  );
  const serverPhasesMs = medianOfEach(
    runs.map((run) => run.serverPhasesMs),
    SERVER_PHASES,
  );
  const alone = computing.length > 1 ? median(runs.map(({ computingMs }) => computingMs[1]!)) : undefined;
  const { n, d, drop, graph } = shape;
  const { k, t } = parametersOf(shape);
  const paper = paperMs(shape);
  return {
    cost: {
      ...{ n, d, drop, graph, k, t },
      clientMs: roundMs(total(clientPhasesMs)),
      serverMs: roundMs(total(serverPhasesMs)),
      clientPhasesMs: rounded(clientPhasesMs),
      serverPhasesMs: {
        ...rounded(serverPhasesMs),
        ...(alone === undefined ? {} : { computingOneThread: roundMs(alone) }),
      },
      bytesUp: Math.round(median(runs.map(({ bytesUp }) => bytesUp))),
      bytesDown: Math.round(median(runs.map(({ bytesDown }) => bytesDown))),
      peakRssMB: peakRssMB(),
      exact: runs.every(({ exact }) => exact),
      paperClientMs: paper.client,
      paperServerMs: paper.server,
    },
    realClients: castOf(shape).real.size,
    threads: computing[0]!.threads,
  };
}
