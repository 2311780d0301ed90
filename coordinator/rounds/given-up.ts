import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';

/** Reasons of members that a task's error names. */
const MAX_REASONS = 3;

/**
 * Why a task fails whose last attempt at a round, which this reports, came to nothing.
 * @param quarrelling members that were seated although they quarrel, since too few would have been left without them
 */
export function givenUp(task: string, report: RoundReport, quarrelling = 0): CairnError {
  const { round, attempt, code = 'round-abandoned', message = 'the round was abandoned' } = report;
  const named = `task "${task}": `;
  // What went wrong with the model names the task already.
  const why = message.startsWith(named) ? message.slice(named.length) : message;
  const reasons = reasonsText(report);
  const cramped = quarrelling === 0 ? '' : `; ${quarrelling} members that quarrel over seals could not be kept apart`;
  const details =
    quarrelling > 0
      ? { hint: 'lower minCohort, or have more members join: then the task goes on without those that spoil rounds' }
      : reasons === ''
        ? {}
        : { hint: 'see to what members were out for (cairn explain CODE), and start again' };
  return new CairnError(
    code,
    `${named}round ${round} was given up after ${attempt} attempts: ${why}${reasons}${cramped}`,
    details,
  );
}

/** Members of a kind that are named. */
const MAX_NAMED = 20;

/**
 * Why a task fails from whose model nobody can be seated any more, and which was moved as often as it may be, or as often
 * as members take it.
 * @param rebases - how often it was moved since the last round
 * @param missing - of sets of members
 * @param refusing - members that are there and take no moved model
 * @param label - a member for people
 */
export function rebasesSpent(
  { name }: TaskConfig,
  rebases: number,
  missing: readonly MemberId[],
  refusing: readonly MemberId[],
  label: (member: MemberId) => string,
): CairnError {
  const who =
    named('; missing of sets of members: ', missing, label) +
    named('; these members refuse a moved model: ', refusing, label);
  return new CairnError(
    'rebases-spent',
    `task "${name}": nobody can be seated from the present model, which was moved ${rebases} times since the last round${who}`,
    { culprits: [...new Set([...missing, ...refusing])].sort((a, b) => a - b) },
  );
}

function named(title: string, members: readonly MemberId[], label: (member: MemberId) => string): string {
  if (members.length === 0) return '';
  const more = members.length > MAX_NAMED ? ` and ${members.length - MAX_NAMED} more` : '';
  return `${title}${members.slice(0, MAX_NAMED).map(label).join(', ')}${more}`;
}

/** What members said why they left, most of them first: often the cause of a round that fails each time. */
function reasonsText({ drops }: RoundReport): string {
  const counts = new Map<ErrorCode, number>();
  for (const { reason } of drops) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, MAX_REASONS);
  if (sorted.length === 0) return '';
  return `; members were out for ${sorted.map(([reason, count]) => `${reason} (${count})`).join(', ')}`;
}

/** Who was there when the quorum had not come in time. */
export interface QuorumMissed {
  readonly present: number;
  /** Of those present, how many refuse no moved model; and of these, how many are not left out. */
  readonly there: number;
  readonly members: number;
  /** Whether chance would draw too few of them, or too many. */
  readonly undrawable: boolean;
  /** Members that a round needs at least. */
  readonly fewest: number;
}

/** Why a task fails whose quorum has not come in time, where it is to fail then. */
export function quorumMissed(
  { name, quorum, quorumTimeout, minCohort, cohort }: TaskConfig,
  { present, there, members, undrawable, fewest }: QuorumMissed,
): CairnError {
  const asked = undrawable
    ? `of whom draws do not have ${minCohort} to ${cohort}`
    : there >= quorum
      ? `of whom ${there - members} are left out for having spoilt or refused rounds, and ${fewest} are needed`
      : `the quorum is ${quorum}${present === there ? '' : `; not counted are ${present - there} that refuse a moved model`}`;
  return new CairnError(
    'not-enough-clients',
    `task "${name}": ${there} clients are there after ${quorumTimeout} s, ${asked}`,
  );
}
