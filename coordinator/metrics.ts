import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Drop } from '../protocol/schemes/secagg/index.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { RoundReport, TimedState } from './report.ts';

/** Upper bounds in seconds, from a state of a small round to local training. */
const SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];

/** What metrics are made with. */
export interface MetricsOptions {
  /** How many members are connected; read at each scrape. */
  readonly connected: () => number;
  /** Whether a task draws its members at random. */
  readonly draws: boolean;
}

/**
 * Metrics that reveal the number of members in a round, of the same task or of another that shares its members: they
 * are left out once a task draws at random, since `/metrics` needs no password.
 */
const TELLING = [
  'cairn_round_included',
  'cairn_round_bytes_total',
  'cairn_round_seconds',
  'cairn_state_seconds',
  'cairn_drops_total',
  'cairn_benched_total',
  'cairn_unmasked_masks_total',
  // Each invited member fetches the model.
  'cairn_model_bytes_total',
];

/**
 * Every metric of a coordinator, in a separate registry, so that two coordinators in one process do not collide. All
 * are sums over members: none has a member as a label.
 */
export class CoordinatorMetrics {
  readonly registry = new Registry();

  readonly #rounds = new Counter({
    name: 'cairn_rounds_total',
    help: 'Attempts at rounds, by task and outcome.',
    labelNames: ['task', 'outcome'],
    registers: [this.registry],
  });
  readonly #abandoned = new Counter({
    name: 'cairn_rounds_abandoned_total',
    help: 'Abandoned attempts, by task and error code.',
    labelNames: ['task', 'code'],
    registers: [this.registry],
  });
  readonly #roundSeconds = new Histogram({
    name: 'cairn_round_seconds',
    help: 'Duration of committed rounds.',
    labelNames: ['task'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #stateSeconds = new Histogram({
    name: 'cairn_state_seconds',
    help: 'Time spent in each state of a round.',
    labelNames: ['task', 'state'],
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly #bytes = new Counter({
    name: 'cairn_round_bytes_total',
    help: 'Bytes of round messages, by direction.',
    labelNames: ['task', 'direction'],
    registers: [this.registry],
  });
  readonly #drops = new Counter({
    name: 'cairn_drops_total',
    help: 'Members lost in rounds, by state, reason and effect on the sum.',
    labelNames: ['task', 'state', 'reason', 'effect'],
    registers: [this.registry],
  });
  readonly #benched = new Counter({
    name: 'cairn_benched_total',
    help: 'Members excluded from attempts for spoiling one, by task and reason.',
    labelNames: ['task', 'reason'],
    registers: [this.registry],
  });
  readonly #rebases = new Counter({
    name: 'cairn_model_rebases_total',
    help: 'Steps by which a model was moved because a set of members could not be asked again.',
    labelNames: ['task'],
    registers: [this.registry],
  });
  readonly #included = new Gauge({
    name: 'cairn_round_included',
    help: 'Inputs in the sum of the last committed round.',
    labelNames: ['task'],
    registers: [this.registry],
  });
  readonly #committedRound = new Gauge({
    name: 'cairn_round',
    help: 'Number of the last committed round.',
    labelNames: ['task'],
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: 'cairn_refusals_total',
    help: 'Connections, messages and requests that were refused, by error code.',
    labelNames: ['what', 'code'],
    registers: [this.registry],
  });
  readonly #modelBytes = new Counter({
    name: 'cairn_model_bytes_total',
    help: 'Bytes of model files served.',
    registers: [this.registry],
  });

  readonly #unmasked = new Counter({
    name: 'cairn_unmasked_masks_total',
    help: 'Masks removed from sums, by task and place of computation.',
    labelNames: ['task', 'where'],
    registers: [this.registry],
  });
  readonly #workersLost = new Counter({
    name: 'cairn_workers_lost_total',
    help: 'Worker threads that died or failed during a computation.',
    registers: [this.registry],
  });

  constructor({ connected, draws }: MetricsOptions) {
    if (draws) for (const name of TELLING) this.registry.removeSingleMetric(name);
    new Gauge({
      name: 'cairn_members_connected',
      help: 'Members that are connected.',
      registers: [this.registry],
      collect() {
        this.set(connected());
      },
    });
    new Gauge({
      name: 'cairn_process_resident_bytes',
      help: 'Resident memory of the coordinator.',
      registers: [this.registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  report(report: RoundReport): void {
    const { task, outcome, code, bytesUp, bytesDown, ms, states } = report;
    this.#rounds.inc({ task, outcome });
    if (outcome === 'abandoned' && code !== undefined) this.#abandoned.inc({ task, code });
    this.#bytes.inc({ task, direction: 'up' }, bytesUp);
    this.#bytes.inc({ task, direction: 'down' }, bytesDown);
    for (const state of Object.keys(states) as TimedState[]) {
      this.#stateSeconds.observe({ task, state }, (states[state]?.ms ?? 0) / 1000);
    }
    for (const { reason } of report.benched ?? []) this.#benched.inc({ task, reason });
    if (outcome !== 'committed') return;
    this.#roundSeconds.observe({ task }, ms / 1000);
    this.#included.set({ task }, report.included);
    this.#committedRound.set({ task }, report.round);
  }

  rebased(task: string): void {
    this.#rebases.inc({ task });
  }

  drop(task: string, { state, reason, effect }: Drop): void {
    this.#drops.inc({ task, state, reason, effect });
  }

  refused(what: 'connection' | 'message' | 'request', code: ErrorCode): void {
    this.#refusals.inc({ what, code });
  }

  unmasked(task: string, masks: number, workers: number): void {
    this.#unmasked.inc({ task, where: workers === 0 ? 'main' : 'workers' }, masks);
  }

  workersLost(workers: number): void {
    this.#workersLost.inc(workers);
  }

  modelServed(bytes: number): void {
    this.#modelBytes.inc(bytes);
  }
}
