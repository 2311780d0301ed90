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
  /** How many members are in. */
  readonly members: number;
}

/** A member came, lost its connection, came back or is gone. */
export interface MemberEvent {
  readonly member: number;
  /** Its name, and whether the member directory has it; undefined where it has none. */
  readonly name?: MemberName;
  readonly what: 'joined' | 'away' | 'back' | 'left';
  /** How many are connected now. */
  readonly connected: number;
}

/**
 * A task waits for members: told when it begins to, whenever who is there changes, and each time that `quorumTimeout`
 * passes. It is over with the next state of a round.
 */
export interface WaitingEvent {
  readonly task: string;
  /** Number of the round that cannot begin. */
  readonly round: number;
  /**
   * `quorum`: more members must come. `set`: certain members of an earlier attempt must come back, or take a model that
   * was moved. `draw`: as many are there that chance would draw too few or too many.
   */
  readonly for: 'quorum' | 'set' | 'draw';
  /** Who is there and free for the task, ascending. */
  readonly present: readonly MemberId[];
  /** Of those, how many are left out for now: they have spoilt rounds, or take no moved model. */
  readonly leftOut: number;
  /** How many must be there: the quorum. */
  readonly needed: number;
  /** The fewest that a round could be had with, were the quorum not higher: `minCohort`, of each group. */
  readonly fewest: number;
  /** Who is awaited, ascending, where that is known: of a set, or of a small directory. */
  readonly missing: readonly MemberId[];
  /** Who was there for this task, has left for good and has not come back; ascending. */
  readonly gone: readonly MemberId[];
  /** How often `quorumTimeout` has passed since the wait began, and how many seconds it is; 0 for none. */
  readonly timeouts: number;
  readonly quorumTimeout: number;
}

/** How far the opening of a round's sum is: told a few times a second, and at its end. */
export interface ProgressEvent {
  readonly task: string;
  readonly round: number;
  readonly attempt: number;
  /** Masks that have been taken out. */
  readonly done: number;
  /** Masks that there are. */
  readonly of: number;
}

/** What a coordinator tells those who run it. */
export interface CoordinatorEvents {
  round: [report: RoundReport];
  state: [event: StateEvent];
  member: [event: MemberEvent];
  progress: [event: ProgressEvent];
  /** A task has ended: its state says how. Others go on. */
  ended: [status: TaskStatus];
  waiting: [event: WaitingEvent];
  /** Something failed that should not have, such as an evaluation; the rounds go on. */
  fault: [error: CairnError];
}

/** A typed emitter. What a listener throws is an uncaught error of its owner, and touches no round. */
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
