import type { Primitives, RandomSource } from '../../protocol/crypto/index.ts';
import { type Scheme, type Drop } from '../../protocol/rounds/index.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { ProgressEvent, StateEvent, WaitingEvent } from '../events.ts';
import type { Log } from '../log.ts';
import type { MemberRegistry } from '../members.ts';
import type { Names } from '../names.ts';
import type { Evaluate } from '../../learning/index.ts';
import type { RoundReport } from '../report.ts';
import type { SeatHub } from './seat-hub.ts';
import type { WorkRunner } from './runner.ts';

export type { Evaluate } from '../../learning/index.ts';

/** What a task needs from its coordinator. */
export interface TaskHost {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly members: MemberRegistry;
  readonly seats: SeatHub;
  readonly log: Log;
  /** Schemes that its rounds may use; they use the first. */
  readonly schemes: readonly Scheme[];
  /** Computes the work of their sessions. */
  readonly runner: WorkRunner;
  readonly evaluate: Evaluate | undefined;
  readonly names: Names;
  /** Stores a report and passes it on to all listeners; it never rejects. */
  report(report: RoundReport): Promise<void>;
  state(event: StateEvent): void;
  progress(event: ProgressEvent): void;
  waiting(event: WaitingEvent): void;
  /** A plan of `masks` masks was computed by `workers` workers, or on the main thread if 0. */
  unmasked(task: string, masks: number, workers: number): void;
  dropped(task: string, drop: Drop): void;
  /** A round of a task has begun or is over for its members, or the task has ended. */
  stands(task: string): void;
  /** A task's model was moved by a small step. */
  rebased(task: string): void;
  fault(error: CairnError): void;
}
