import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';

/** Maximum number of members' reasons that a task's error names. */
const MAX_REASONS = 3;

/**
 * The error of a task whose last attempt at a round, given by its report, failed.
 * @param quarrelling members that were seated although they quarrel, since too few would have been left without them
 */
export function givenUp(task: string, report: RoundReport, quarrelling = 0): CairnError {
  const { round, attempt, code = 'round-abandoned', message = 'the round was abandoned' } = report;
  const named = `task "${task}": `;
  // Errors about the model already name the task.
  const why = message.startsWith(named) ? message.slice(named.length) : message;
  const reasons = reasonsText(report);
  const cramped = quarrelling === 0 ? '' : `; ${quarrelling} members that quarrel over seals could not be separated`;
  const details =
    quarrelling > 0
      ? { hint: 'lower minCohort, or have more members join: then the task continues without those that spoil rounds' }
      : reasons === ''
        ? {}
        : { hint: 'fix the reasons why members left (cairn explain CODE), and start again' };
  return new CairnError(
    code,
    `${named}round ${round} was given up after ${attempt} attempts: ${why}${reasons}${cramped}`,
    details,
  );
}

/** Maximum number of members of a kind that are named. */
const MAX_NAMED = 20;

/**
 * The error of a task from whose model no cohort can be seated any more, although it was moved as often as is allowed,
 * or as often as members accept.
 * @param rebases - how often it was moved since the last round
 * @param missing - members missing from sets
 * @param refusing - members that are present and refuse a moved model
 * @param label - a member's name for people
 */
export function rebasesSpent(
  { name }: TaskConfig,
  rebases: number,
  missing: readonly MemberId[],
  refusing: readonly MemberId[],
  label: (member: MemberId) => string,
): CairnError {
  const who =
    named('; missing from sets of members: ', missing, label) +
    named('; these members refuse a moved model: ', refusing, label);
  return new CairnError(
    'rebases-spent',
    `task "${name}": no cohort can be seated from the current model, which was moved ${rebases} times since the last round${who}`,
    { culprits: [...new Set([...missing, ...refusing])].sort((a, b) => a - b) },
  );
}

function named(title: string, members: readonly MemberId[], label: (member: MemberId) => string): string {
  if (members.length === 0) return '';
  const more = members.length > MAX_NAMED ? ` and ${members.length - MAX_NAMED} more` : '';
  return `${title}${members.slice(0, MAX_NAMED).map(label).join(', ')}${more}`;
}

/** The reasons that members gave for leaving, most common first: often the cause of a round that fails each time. */
function reasonsText({ drops }: RoundReport): string {
  const counts = new Map<ErrorCode, number>();
  for (const { reason } of drops) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_REASONS);
  if (sorted.length === 0) return '';
  return `; members left because of ${sorted.map(([reason, count]) => `${reason} (${count})`).join(', ')}`;
}

/** The members present when the quorum did not come in time. */
export interface QuorumMissed {
  readonly present: number;
  /** Of those present, how many do not refuse a moved model; and of these, how many are not left out. */
  readonly there: number;
  readonly members: number;
  /** Whether a random draw would have too few of them, or too many. */
  readonly undrawable: boolean;
  /** Minimum number of members for a round. */
  readonly fewest: number;
}

/** The error of a task whose quorum did not come in time, if it is configured to fail then. */
export function quorumMissed(
  { name, quorum, quorumTimeout, minCohort, cohort }: TaskConfig,
  { present, there, members, undrawable, fewest }: QuorumMissed,
): CairnError {
  const asked = undrawable
    ? `too few or too many to draw ${minCohort} to ${cohort} of them`
    : there >= quorum
      ? `of whom ${there - members} are left out for having spoilt or refused rounds, and ${fewest} are needed`
      : `the quorum is ${quorum}${present === there ? '' : `; ${present - there} that refuse a moved model are not counted`}`;
  return new CairnError(
    'not-enough-clients',
    `task "${name}": ${there} clients are present after ${quorumTimeout} s, ${asked}`,
  );
}
