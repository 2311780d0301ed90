import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createCoordinator, type Coordinator, MemoryStore, type RoundReport } from '../../coordinator/index.ts';
import { roundParameters } from '../../protocol/schemes/secagg/index.ts';
import type { SocketRound } from '../schema.ts';
import { peakRssMB } from '../support/memory.ts';
import { roundMs } from '../support/statistics.ts';
import type { Crowd, CrowdResult } from './crowd.ts';
import { COLLUDING, configFor, DROPOUT, isMeanOfAll, TASK, zeroModel } from './task.ts';

/** A round over sockets. */
export interface SocketsPlan {
  readonly clients: number;
  /** Number of processes that the clients are spread over. */
  readonly processes: number;
  readonly d: number;
}

/** Milliseconds between two measurements of the event loop's delay. */
const RESOLUTION_MS = 5;

/**
 * Runs one round through a coordinator in this process.
 * @param gather makes clients join from another process
 */
export async function benchSockets(
  plan: SocketsPlan,
  gather: (crowd: Crowd) => Promise<CrowdResult>,
): Promise<SocketRound> {
  const { clients, processes, d } = plan;
  const began = performance.now();
  let begin: () => void = () => undefined;
  const coordinator = await createCoordinator({
    config: configFor(clients),
    store: new MemoryStore(),
    initialModels: { [TASK]: zeroModel(d) },
    begin: new Promise((resolve) => (begin = resolve)),
  });
  try {
    const everybody = allConnected(coordinator, clients);
    const report = firstReport(coordinator);
    const crowds = Array.from({ length: processes }, (_, i) => {
      const from = Math.floor((i * clients) / processes);
      const count = Math.floor(((i + 1) * clients) / processes) - from;
      return gather({ url: coordinator.url, from, count, d });
    });
    const crowd = Promise.all(crowds);
    // A client that fails ends the wait for all of them.
    await Promise.race([everybody, crowd]);
    const connectMs = performance.now() - began;
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delay.enable();
    const from = performance.now();
    begin();
    const done = await Promise.race([report, crowd.then(() => report)]);
    const wallMs = performance.now() - from;
    delay.disable();
    const ends = await crowd;
    const weights = coordinator.model(TASK)!.weights;
    return {
      ...{ clients, processes, d, ...graphOf(clients) },
      connectMs: roundMs(connectMs),
      wallMs: roundMs(wallMs),
      statesMs: Object.fromEntries(Object.entries(done.states).map(([state, cost]) => [state, roundMs(cost.ms)])),
      included: done.included,
      exact: done.included === clients && isMeanOfAll(weights!, clients),
      bytesUp: done.bytesUp,
      bytesDown: done.bytesDown,
      coordinatorPeakRssMB: peakRssMB(),
      clientsPeakRssMB: Math.round(ends.reduce((sum, end) => sum + end.peakRssMB, 0)),
      loopDelayP50Ms: late(delay.percentile(50)),
      loopDelayP99Ms: late(delay.percentile(99)),
      loopDelayMaxMs: late(delay.max),
    };
  } finally {
    await coordinator.stop();
  }
}

/** The histogram has nanoseconds between two measurements. */
const late = (nanoseconds: number): number => roundMs(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS));

function graphOf(n: number): Pick<SocketRound, 'graph' | 'k' | 't'> {
  const question = { n, graph: 'auto', adversary: 'curious', colluding: COLLUDING, dropout: DROPOUT } as const;
  const { graph, degree, threshold } = roundParameters({ ...question, threshold: 0 });
  return { graph, k: degree, t: threshold };
}

function allConnected(coordinator: Coordinator, clients: number): Promise<void> {
  return new Promise((resolve) => {
    coordinator.on('member', ({ connected }) => {
      if (connected >= clients) resolve();
    });
  });
}

function firstReport(coordinator: Coordinator): Promise<RoundReport> {
  return new Promise((resolve, reject) => {
    coordinator.on('round', (report) => {
      if (report.outcome === 'committed') resolve(report);
      else reject(new Error(`the round over sockets was abandoned: ${report.message} [${report.code}]`));
    });
  });
}
