import { assertBudget, minModulusBits } from '../../protocol/quantize/index.ts';
import { roundParameters } from '../../protocol/schemes/secagg/index.ts';
import { asCairnError, CairnError } from '../../protocol/errors.ts';
import { Faults } from '../../protocol/faults.ts';
import { createGroupRule, maxGroup, MIN_GROUPS, type Registry, smallestGroup } from '../../learning/index.ts';
import { completePrivacy, NOISY_MODULUS_BITS, type PrivacyConfig } from './privacy.ts';
import type { ParsedTask } from './schema.ts';

/** One training job, with all missing fields derived. */
export type TaskConfig = Readonly<Omit<ParsedTask, 'quorum' | 'minCohort' | 'modulusBits' | 'groups' | 'privacy'>> & {
  /** Connected, idle clients that a round waits for. */
  readonly quorum: number;
  /** Minimum number of inputs in a sum. */
  readonly minCohort: number;
  readonly modulusBits: number;
  /** Undefined if the cohort is not split. */
  readonly groups: Groups | undefined;
  /** Undefined if sums have no noise. */
  readonly privacy: PrivacyConfig | undefined;
};

/** How a cohort is split, with the number of sums that a round needs. */
type Groups = Readonly<NonNullable<ParsedTask['groups']>> & { readonly minSums: number };

/** From a sum of two, each member can read the other's update. */
const MIN_PRIVATE = 3;

/**
 * Number of cohort sizes to try: all of a range up to this length, an even spread of a longer one, both ends included.
 */
const SIZES_TRIED = 256;

/**
 * Fills in what follows from other fields, and refuses settings that cannot work at some possible cohort size.
 * @throws CairnError `config-invalid`, `threshold-unsound`, `no-feasible-graph`, `overflow-budget`, each naming the task
 */
export function completeTask(parsed: ParsedTask, path: string, registry: Registry): TaskConfig {
  const faults = new Faults();
  const { cohort, quorum = cohort } = parsed;
  const refuse = (message: string, hint: string): CairnError =>
    new CairnError('config-invalid', `${path}: ${message}`, { hint });
  const groups = faults.check(() => completeGroups(parsed.groups, registry, refuse));
  // Every size below depends on them.
  if (parsed.groups !== undefined) faults.throwAny();
  const split = { cohort, quorum, groups };
  const sizes = sizesOf(parsed, split);
  if (parsed.unsafeOpenEnrolment && parsed.adversary === 'active') {
    faults.add(
      refuse(
        'unsafeOpenEnrolment is true, but a round for an active adversary takes enrolled members only',
        'leave unsafeOpenEnrolment out, or set adversary to "curious" if the coordinator is trusted not to lie',
      ),
    );
  }
  faults.check(() => assertSizes(parsed, { ...split, ...sizes }, refuse));
  const { minCohort, greatest } = sizes;
  const privacy = faults.check(() => completePrivacy(parsed.privacy, { ...parsed, ...split, minCohort }, refuse));
  // The cohorts checked below cannot exist if anything so far is wrong.
  faults.throwAny();
  return named(path, () => {
    const modulusBits =
      parsed.modulusBits ?? (privacy === undefined ? minModulusBits(parsed.inputBits, greatest) : NOISY_MODULUS_BITS);
    // The model's size and its untrained tensors are known only later; they matter to the budget only with noise.
    if (privacy === undefined)
      assertBudget({ ...parsed, untrained: [], modulusBits, maxCohort: greatest, dimension: 1 });
    const task: TaskConfig = { ...parsed, ...split, minCohort, modulusBits, privacy };
    for (const n of sizesBetween(minCohort, greatest).reverse()) roundParameters({ ...task, n });
    return task;
  });
}

/** How a task's cohorts are split. */
interface Split {
  readonly cohort: number;
  readonly quorum: number;
  readonly groups: Groups | undefined;
}

/** Members of a task's sums. */
interface Sizes {
  /** Members of the smallest cohort at its start, and of its smallest group. */
  readonly begun: number;
  readonly smallest: number;
  readonly greatest: number;
  readonly minCohort: number;
}

/** A sum is over a group, or over the whole cohort if it is not split. */
function sizesOf(parsed: ParsedTask, split: Split): Sizes {
  const { cohort, quorum } = split;
  const begun = Math.min(quorum, cohort);
  const [smallest, greatest] = [smallestGroup({ ...split, quorum: begun }), maxGroup(split)];
  const wanted = Math.max(MIN_PRIVATE, parsed.threshold, Math.ceil(smallest / 2));
  return { begun, smallest, greatest, minCohort: parsed.minCohort ?? Math.min(smallest, wanted) };
}

/** Checks that quorum, cohort, groups, minCohort and threshold are consistent. @throws CairnError made by `refuse` */
function assertSizes(
  { threshold, privacy }: ParsedTask,
  { cohort, quorum, groups, begun, smallest, minCohort }: Split & Sizes,
  refuse: (message: string, hint: string) => CairnError,
): void {
  const smallestText =
    groups === undefined
      ? `${quorum > cohort ? 'cohort' : 'quorum'} ${begun}`
      : `the smallest of ${groups.count} groups of quorum ${quorum}`;
  // If members are drawn at random, a cohort is a part of those connected.
  if (quorum > cohort && (privacy?.sampling ?? 1) === 1) {
    throw refuse(
      `quorum ${quorum} is greater than cohort ${cohort}`,
      `set cohort to ${quorum}, or quorum to ${cohort}`,
    );
  }
  if (groups !== undefined && smallest < MIN_PRIVATE) {
    throw refuse(
      `${smallestText} has ${smallest} members: in a sum of fewer than ${MIN_PRIVATE}, a member can work out another’s update`,
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

/** A cohort may be too small for any rule over groups. */
const fewerGroups = (count: number): string =>
  count < MIN_GROUPS ? 'leave groups out' : `lower groups.count to ${count}`;

/** The number of sums that a round needs follows from the rule: more than half, and more than it discards. */
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
      `groups.rule: ${groups.rule} discards ${dropped} of ${count} groups, which leaves none`,
      `raise count above ${dropped}, or have the rule discard fewer`,
    );
  }
  const minSums = wanted ?? Math.max(MIN_GROUPS, Math.floor(count / 2) + 1, dropped + 1);
  if (minSums > count) {
    throw refuse(`groups.minSums ${minSums} is greater than groups.count ${count}`, 'lower minSums, or raise count');
  }
  if (minSums <= dropped) {
    throw refuse(
      `groups.minSums: ${groups.rule} discards ${dropped} of ${minSums} groups, which leaves none`,
      `raise minSums above ${dropped}, or have the rule discard fewer`,
    );
  }
  return { ...groups, minSums };
}

/** Integers from `least` to `most`, both included: all of them, or an even spread of a long range. */
function sizesBetween(least: number, most: number): number[] {
  const steps = Math.min(most - least, SIZES_TRIED - 1);
  if (steps === 0) return [most];
  return Array.from({ length: steps + 1 }, (_, i) => least + Math.round((i * (most - least)) / steps));
}

/** Prefixes the message of any error with the task's path; code and hint stay. */
function named<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (thrown) {
    const { code, message, hint, cause } = asCairnError(thrown);
    throw new CairnError(code, `${path}: ${message}`, { hint, cause });
  }
}
