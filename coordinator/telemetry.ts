import type { CairnError, ErrorCode } from '../protocol/errors.ts';
import { Events, type MemberEvent } from './events.ts';
import type { Log } from './log.ts';
import { Metrics, type MetricsOptions } from './metrics.ts';

/** What happens at a coordinator, told to its log, its metrics and whoever listens. */
export class Telemetry {
  readonly log: Log;
  readonly events = new Events();
  readonly metrics: Metrics;
  readonly #connected: () => number;

  /** @param counted what metrics are made with */
  constructor(log: Log, counted: MetricsOptions) {
    this.log = log;
    this.metrics = new Metrics(counted);
    this.#connected = counted.connected;
  }

  /** A member came, lost its connection, came back or is gone. */
  member(what: MemberEvent['what'], member: number): void {
    this.log.info(`member-${what}`, { member });
    this.events.emit('member', { member, what, connected: this.#connected() });
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
