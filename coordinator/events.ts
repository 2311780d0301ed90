import { EventEmitter } from 'node:events';
import type { ServerStateName } from '../protocol/schemes/secagg/index.ts';
import type { CairnError } from '../protocol/errors.ts';
import type { MemberId } from '../protocol/ids.ts';
import type { MemberName } from './member-name.ts';
import type { RoundReport } from './report.ts';
import type { TaskStatus } from './rounds/task-status.ts';

/** A round entered a state. */
export interface StateEvent {
  readonly task: string;
  readonly round: number;
  readonly attempt: number;
  readonly state: ServerStateName;
  /** How many members are in the round. */
  readonly members: number;
}

/** A member joined, lost its connection, came back or left. */
export interface MemberEvent {
  readonly member: number;
  /** Its name, and whether the member directory has it; undefined if it has none. */
  readonly name?: MemberName;
  readonly what: 'joined' | 'away' | 'back' | 'left';
  /** How many are connected now. */
  readonly connected: number;
}

/**
 * A task waits for members: emitted when the wait begins, whenever the members present change, and each time that
 * `quorumTimeout` passes. The wait is over with the next state of a round.
 */
export interface WaitingEvent {
  readonly task: string;
  /** Number of the round that cannot begin. */
  readonly round: number;
  /**
   * `quorum`: more members must come. `set`: certain members of an earlier attempt must come back, or accept a model
   * that was moved. `draw`: with the members present, a random draw would have too few or too many.
   */
  readonly for: 'quorum' | 'set' | 'draw';
  /** Members that are present and free for the task, ascending. */
  readonly present: readonly MemberId[];
  /** Of those, how many are excluded for now: they have spoilt rounds, or refuse a moved model. */
  readonly leftOut: number;
  /** How many must be present: the quorum. */
  readonly needed: number;
  /** The fewest with which a round could run if the quorum were lower: `minCohort`, in each group. */
  readonly fewest: number;
  /** Members that are awaited, ascending, if known: from a set, or from a small directory. */
  readonly missing: readonly MemberId[];
  /** Members that were present for this task, left for good and have not come back; ascending. */
  readonly gone: readonly MemberId[];
  /** How often `quorumTimeout` has passed since the wait began, and how many seconds it is; 0 for none. */
  readonly timeouts: number;
  readonly quorumTimeout: number;
}

/** Progress of unmasking a round's sum: emitted a few times a second, and at its end. */
export interface ProgressEvent {
  readonly task: string;
  readonly round: number;
  readonly attempt: number;
  /** Masks that have been removed. */
  readonly done: number;
  /** Masks in total. */
  readonly of: number;
}

/** A coordinator's events. */
export interface CoordinatorEvents {
  round: [report: RoundReport];
  state: [event: StateEvent];
  member: [event: MemberEvent];
  progress: [event: ProgressEvent];
  /** A task has ended: its state says how. Others continue. */
  ended: [status: TaskStatus];
  waiting: [event: WaitingEvent];
  /** Something failed that should not have, such as an evaluation; the rounds continue. */
  fault: [error: CairnError];
}

/**
 * A typed emitter. An error thrown by a listener becomes an uncaught error of the program, and does not affect any
 * round.
 */
export class Events {
  readonly #emitter = new EventEmitter<CoordinatorEvents>();

  /** @returns a function that ends the subscription */
  on<Name extends keyof CoordinatorEvents>(
    name: Name,
    listener: (...args: CoordinatorEvents[Name]) => void,
  ): () => void {
    this.#emitter.on(name, listener as never);
    return () => void this.#emitter.off(name, listener as never);
  }

  emit<Name extends keyof CoordinatorEvents>(name: Name, ...args: CoordinatorEvents[Name]): void {
    try {
      this.#emitter.emit(name, ...(args as never));
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}
