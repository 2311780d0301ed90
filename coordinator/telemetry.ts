import type { CairnError, ErrorCode } from '../protocol/errors.ts';
import { Events, type MemberEvent, type WaitingEvent } from './events.ts';
import type { Log } from './log.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { Names } from './names.ts';
import { CoordinatorMetrics, type MetricsOptions } from './metrics.ts';

/** Reports what happens at a coordinator to its log, its metrics and its event listeners. */
export class Telemetry {
  readonly log: Log;
  readonly events = new Events();
  readonly metrics: CoordinatorMetrics;
  readonly #connected: () => number;
  readonly #names: Names;

  /**
   * @param counted options of the metrics
   * @param names names of members, for log and events. Metrics have none: each would add a permanent series
   */
  constructor(log: Log, counted: MetricsOptions, names: Names) {
    this.log = names.inLog(log);
    this.#names = names;
    this.metrics = new CoordinatorMetrics(counted);
    this.#connected = counted.connected;
  }

  /** A member joined, lost its connection, came back or left. */
  member(what: MemberEvent['what'], member: MemberId): void {
    this.log.info(`member-${what}`, { member });
    const name = this.#names.of(member);
    this.events.emit('member', { member, what, connected: this.#connected(), ...(name === undefined ? {} : { name }) });
  }

  /** A task waits for members. */
  waiting(event: WaitingEvent): void {
    const { task, round, present, needed, timeouts, quorumTimeout } = event;
    // Members that come and go are in the log already.
    if (timeouts > 0) {
      const ms = 1000 * quorumTimeout * timeouts;
      this.log.warn('quorum-overdue', { task, round, members: present.length, quorum: needed, ms });
    }
    this.events.emit('waiting', event);
  }

  /** A connection was not admitted, or a message or request was refused. */
  refused(what: 'connection' | 'message' | 'request', code: ErrorCode, member?: number): void {
    this.metrics.refused(what, code);
    // An address that asks too often may cause very many entries; a member that floods is cut off at the first one.
    const level = code === 'rate-limited' && member !== undefined ? 'warn' : 'debug';
    this.log[level](`${what}-refused`, { code, ...(member === undefined ? {} : { member }) });
  }

  /** That many worker threads were lost. */
  workersLost(workers: number): void {
    this.metrics.workersLost(workers);
    this.log.warn('workers-lost', { workers });
  }

  /** Something failed that should not have; the rounds continue. */
  fault(error: CairnError): void {
    this.log.error('fault', { code: error.code });
    this.events.emit('fault', error);
  }
}
