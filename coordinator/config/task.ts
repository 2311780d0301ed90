import { assertBudget, leastModulusBits } from '../../protocol/aggregation/quantize/index.ts';
import { roundParameters } from '../../protocol/aggregation/parameters/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import type { ParsedTask } from './schema.ts';

/** One training job, with everything derived that was left out. */
export type TaskConfig = Readonly<Omit<ParsedTask, 'quorum' | 'minCohort' | 'modulusBits'>> & {
  /** Connected, idle clients for which a round waits. */
  readonly quorum: number;
  /** Least number of inputs that a sum may have. */
  readonly minCohort: number;
  readonly modulusBits: number;
};

/** In a sum of two, each of them reads the other's update. */
const LEAST_PRIVATE = 3;

/** Cohort sizes that are tried one by one; of a greater range as many are tried, evenly spread, both ends included. */
const SIZES_TRIED = 256;

/**
 * Fills in what follows from other fields, and refuses what cannot work at some cohort size that may occur.
 * @throws CairnError `config-invalid`, `threshold-unsound`, `no-feasible-graph`, `overflow-budget`, each naming the task
 */
export function completeTask(parsed: ParsedTask, path: string): TaskConfig {
  const { cohort, threshold, quorum = cohort } = parsed;
  const minCohort = parsed.minCohort ?? Math.min(quorum, Math.max(LEAST_PRIVATE, threshold, Math.ceil(quorum / 2)));
  const refuse = (message: string, hint: string): CairnError =>
    new CairnError('config-invalid', `${path}: ${message}`, { hint });

  if (parsed.unsafeOpenEnrolment && parsed.adversary === 'active') {
    throw refuse(
      'unsafeOpenEnrolment is true, but a round for an active adversary takes enrolled members only',
      'leave unsafeOpenEnrolment out, or set adversary to "curious" where the coordinator is trusted not to lie',
    );
  }
  if (quorum > cohort) {
    throw refuse(
      `quorum ${quorum} is greater than cohort ${cohort}`,
      `set cohort to ${quorum}, or quorum to ${cohort}`,
    );
  }
  if (quorum < threshold) {
    throw refuse(`quorum ${quorum} is below threshold ${threshold}`, 'raise quorum, or leave threshold out');
  }
  if (minCohort > quorum) {
    throw refuse(`minCohort ${minCohort} is greater than quorum ${quorum}`, 'raise quorum, or lower minCohort');
  }
  if (minCohort < threshold) {
    throw refuse(`minCohort ${minCohort} is below threshold ${threshold}`, 'raise minCohort, or leave threshold out');
  }
  return named(path, () => {
    const modulusBits = parsed.modulusBits ?? leastModulusBits(parsed.inputBits, cohort);
    // The model's size is known later and does not enter the budget.
    assertBudget({ ...parsed, modulusBits, maxCohort: cohort, dimension: 1 });
    const task: TaskConfig = { ...parsed, quorum, minCohort, modulusBits };
    for (const n of sizesBetween(minCohort, cohort).reverse()) roundParameters({ ...task, n });
    return task;
  });
}

/** Whole numbers from `least` to `most`, both included: all of them, or an even spread of a long range. */
function sizesBetween(least: number, most: number): number[] {
  const steps = Math.min(most - least, SIZES_TRIED - 1);
  if (steps === 0) return [most];
  return Array.from({ length: steps + 1 }, (_, i) => least + Math.round((i * (most - least)) / steps));
}

/** Puts the task's path before the message of whatever is thrown; code and hint stay. */
function named<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    const { code, message, hint, cause } = asCairnError(thrown);
    throw new CairnError(code, `${path}: ${message}`, { hint, cause });
  }
}
