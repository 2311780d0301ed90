import type { Drop } from '../../protocol/aggregation/server/types.ts';
import type { Primitives } from '../../protocol/crypto/primitives.ts';
import type { RandomSource } from '../../protocol/crypto/random.ts';
import type { CairnError } from '../../protocol/errors.ts';
import type { MemberDirectory } from '../../protocol/wire/directory.ts';
import type { StateEvent } from '../events.ts';
import type { Seats } from '../gateway/index.ts';
import type { Log } from '../log.ts';
import type { Evaluation, RoundReport } from '../report.ts';

/** Looks at a new model, on data that the coordinator has. */
export type Evaluate = (task: string, tensors: Record<string, Float32Array>) => Promise<Evaluation>;

/** What a task needs of its coordinator. */
export interface TaskHost {
  readonly primitives: Primitives;
  readonly random: RandomSource;
  readonly directory: MemberDirectory | undefined;
  readonly seats: Seats;
  readonly log: Log;
  readonly evaluate: Evaluate | undefined;
  /** Keeps a report and tells everybody; it never rejects. */
  report(report: RoundReport): Promise<void>;
  state(event: StateEvent): void;
  dropped(task: string, drop: Drop): void;
  fault(error: CairnError): void;
}
