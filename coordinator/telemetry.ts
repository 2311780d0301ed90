import type { CairnError, ErrorCode } from '../protocol/errors.ts';
import { Events, type MemberEvent, type WaitingEvent } from './events.ts';
import type { Log } from './log.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { Names } from './names.ts';
import { CoordinatorMetrics, type MetricsOptions } from './metrics.ts';

/** What happens at a coordinator, told to its log, its metrics and whoever listens. */
export class Telemetry {
  readonly log: Log;
  readonly events = new Events();
  readonly metrics: CoordinatorMetrics;
  readonly #connected: () => number;
  readonly #names: Names;

  /**
   * @param counted what metrics are made with
   * @param names of members: log and events have them. Metrics do not: each would be a series that stays
   */
  constructor(log: Log, counted: MetricsOptions, names: Names) {
    this.log = names.inLog(log);
    this.#names = names;
    this.metrics = new CoordinatorMetrics(counted);
    this.#connected = counted.connected;
  }

  /** A member came, lost its connection, came back or is gone. */
  member(what: MemberEvent['what'], member: MemberId): void {
    this.log.info(`member-${what}`, { member });
    const name = this.#names.of(member);
    this.events.emit('member', { member, what, connected: this.#connected(), ...(name === undefined ? {} : { name }) });
  }

  /** A task waits for members. */
  waiting(event: WaitingEvent): void {
    const { task, round, present, needed, timeouts, quorumTimeout } = event;
    // Who comes and goes stands in the log already.
    if (timeouts > 0) {
      const ms = 1000 * quorumTimeout * timeouts;
      this.log.warn('quorum-overdue', { task, round, members: present.length, quorum: needed, ms });
    }
    this.events.emit('waiting', event);
  }

  /** Somebody was not let in, or something that was sent was not taken. */
  refused(what: 'connection' | 'message' | 'request', code: ErrorCode, member?: number): void {
    this.metrics.refused(what, code);
    // Of an address that asks too often there may be very many; a member that floods is cut off with the first one.
    const level = code === 'rate-limited' && member !== undefined ? 'warn' : 'debug';
    this.log[level](`${what}-refused`, { code, ...(member === undefined ? {} : { member }) });
  }

  /** So many worker threads are gone. */
  workersLost(workers: number): void {
    this.metrics.workersLost(workers);
    this.log.warn('workers-lost', { workers });
  }

  /** Something failed that should not have; the rounds go on. */
  fault(error: CairnError): void {
    this.log.error('fault', { code: error.code });
    this.events.emit('fault', error);
  }
}
