import { assertBudget, minModulusBits } from '../../protocol/quantize/index.ts';
import { roundParameters } from '../../protocol/schemes/secagg/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { Faults } from '../../protocol/faults.ts';
import { createGroupRule, maxGroup, MIN_GROUPS, type Registry, smallestGroup } from '../../learning/index.ts';
import { completePrivacy, NOISY_MODULUS_BITS, type PrivacyConfig } from './privacy.ts';
import type { ParsedTask } from './schema.ts';

/** One training job, with everything derived that was left out. */
export type TaskConfig = Readonly<Omit<ParsedTask, 'quorum' | 'minCohort' | 'modulusBits' | 'groups' | 'privacy'>> & {
  /** Connected, idle clients for which a round waits. */
  readonly quorum: number;
  /** Least number of inputs that a sum may have. */
  readonly minCohort: number;
  readonly modulusBits: number;
  /** Undefined where the cohort is not split. */
  readonly groups: Groups | undefined;
  /** Undefined where sums have no noise. */
  readonly privacy: PrivacyConfig | undefined;
};

/** How a cohort is split, with the number of sums that a round needs. */
type Groups = Readonly<NonNullable<ParsedTask['groups']>> & { readonly minSums: number };

/** In a sum of two, each of them reads the other's update. */
const MIN_PRIVATE = 3;

/** Cohort sizes that are tried one by one; of a greater range as many are tried, evenly spread, both ends included. */
const SIZES_TRIED = 256;

/**
 * Fills in what follows from other fields, and refuses what cannot work at some cohort size that may occur.
 * @throws CairnError `config-invalid`, `threshold-unsound`, `no-feasible-graph`, `overflow-budget`, each naming the task
 */
export function completeTask(parsed: ParsedTask, path: string, registry: Registry): TaskConfig {
  const faults = new Faults();
  const { cohort, quorum = cohort } = parsed;
  const refuse = (message: string, hint: string): CairnError =>
    new CairnError('config-invalid', `${path}: ${message}`, { hint });
  const groups = faults.check(() => completeGroups(parsed.groups, registry, refuse));
  // Without them every size below would be another.
  if (parsed.groups !== undefined) faults.throwAny();
  const split = { cohort, quorum, groups };
  const sizes = sizesOf(parsed, split);
  if (parsed.unsafeOpenEnrolment && parsed.adversary === 'active') {
    faults.add(
      refuse(
        'unsafeOpenEnrolment is true, but a round for an active adversary takes enrolled members only',
        'leave unsafeOpenEnrolment out, or set adversary to "curious" where the coordinator is trusted not to lie',
      ),
    );
  }
  faults.check(() => assertSizes(parsed, { ...split, ...sizes }, refuse));
  const { minCohort, greatest } = sizes;
  const privacy = faults.check(() => completePrivacy(parsed.privacy, { ...parsed, ...split, minCohort }, refuse));
  // What follows is about cohorts that cannot be where anything before is wrong.
  faults.throwAny();
  return named(path, () => {
    const modulusBits =
      parsed.modulusBits ?? (privacy === undefined ? minModulusBits(parsed.inputBits, greatest) : NOISY_MODULUS_BITS);
    // The model's size and what of it is untrained are known later, and do not enter the budget; that of noise they do.
    if (privacy === undefined)
      assertBudget({ ...parsed, untrained: [], modulusBits, maxCohort: greatest, dimension: 1 });
    const task: TaskConfig = { ...parsed, ...split, minCohort, modulusBits, privacy };
    for (const n of sizesBetween(minCohort, greatest).reverse()) roundParameters({ ...task, n });
    return task;
  });
}

/** How a task's cohorts are cut. */
interface Split {
  readonly cohort: number;
  readonly quorum: number;
  readonly groups: Groups | undefined;
}

/** Members of a task's sums. */
interface Sizes {
  /** Members that the smallest cohort begins with, and that of its smallest group. */
  readonly begun: number;
  readonly smallest: number;
  readonly greatest: number;
  readonly minCohort: number;
}

/** A sum is that of a group, and of the whole cohort where it is not split. */
function sizesOf(parsed: ParsedTask, split: Split): Sizes {
  const { cohort, quorum } = split;
  const begun = Math.min(quorum, cohort);
  const [smallest, greatest] = [smallestGroup({ ...split, quorum: begun }), maxGroup(split)];
  const wanted = Math.max(MIN_PRIVATE, parsed.threshold, Math.ceil(smallest / 2));
  return { begun, smallest, greatest, minCohort: parsed.minCohort ?? Math.min(smallest, wanted) };
}

/** Whether quorum, cohort, groups, minCohort and threshold go together. @throws CairnError made by `refuse` */
function assertSizes(
  { threshold, privacy }: ParsedTask,
  { cohort, quorum, groups, begun, smallest, minCohort }: Split & Sizes,
  refuse: (message: string, hint: string) => CairnError,
): void {
  const smallestText =
    groups === undefined
      ? `${quorum > cohort ? 'cohort' : 'quorum'} ${begun}`
      : `the smallest of ${groups.count} groups of quorum ${quorum}`;
  // Where members are drawn by chance, a cohort is a part of those who are there.
  if (quorum > cohort && (privacy?.sampling ?? 1) === 1) {
    throw refuse(
      `quorum ${quorum} is greater than cohort ${cohort}`,
      `set cohort to ${quorum}, or quorum to ${cohort}`,
    );
  }
  if (groups !== undefined && smallest < MIN_PRIVATE) {
    throw refuse(
      `${smallestText} has ${smallest} members: in a sum of fewer than ${MIN_PRIVATE} others can be read off`,
      `raise quorum to ${MIN_PRIVATE * groups.count}, or ${fewerGroups(Math.floor(quorum / MIN_PRIVATE))}`,
    );
  }
  const ofSmallest = groups === undefined ? '' : `, ${smallest},`;
  if (smallest < threshold) {
    throw refuse(
      `${smallestText}${ofSmallest} is below threshold ${threshold}`,
      'raise quorum, or leave threshold out',
    );
  }
  if (minCohort > smallest) {
    throw refuse(
      `minCohort ${minCohort} is greater than ${smallestText}${ofSmallest.slice(0, -1)}`,
      'raise quorum, or lower minCohort',
    );
  }
  if (minCohort < threshold) {
    throw refuse(`minCohort ${minCohort} is below threshold ${threshold}`, 'raise minCohort, or leave threshold out');
  }
}

/** Where a cohort is too small for any rule over groups, none can be had. */
const fewerGroups = (count: number): string =>
  count < MIN_GROUPS ? 'leave groups out' : `lower groups.count to ${count}`;

/** The number of sums that a round needs follows from the rule: more than half, and more than it takes away. */
function completeGroups(
  groups: ParsedTask['groups'],
  registry: Registry,
  refuse: (message: string, hint: string) => CairnError,
): Groups | undefined {
  if (groups === undefined) return undefined;
  const { count, minSums: wanted, ...rule } = groups;
  const { dropped } = createGroupRule(rule, registry);
  if (dropped >= count) {
    throw refuse(
      `groups.rule: ${groups.rule} takes ${dropped} of ${count} groups, and nothing is left`,
      `raise count above ${dropped}, or have the rule take fewer`,
    );
  }
  const minSums = wanted ?? Math.max(MIN_GROUPS, Math.floor(count / 2) + 1, dropped + 1);
  if (minSums > count) {
    throw refuse(`groups.minSums ${minSums} is greater than groups.count ${count}`, 'lower minSums, or raise count');
  }
  if (minSums <= dropped) {
    throw refuse(
      `groups.minSums: of ${minSums} groups ${groups.rule} takes ${dropped}, and nothing is left`,
      `raise minSums above ${dropped}, or have the rule take fewer`,
    );
  }
  return { ...groups, minSums };
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
