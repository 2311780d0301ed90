import { EventEmitter } from 'node:events';
import type { ServerStateName } from '../protocol/aggregation/server/types.ts';
import type { CairnError } from '../protocol/errors.ts';
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
  readonly what: 'joined' | 'away' | 'back' | 'left';
  /** How many are connected now. */
  readonly connected: number;
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
