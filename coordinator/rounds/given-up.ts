import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { MemberId } from '../../protocol/ids.ts';
import type { TaskConfig } from '../config/index.ts';
import type { RoundReport } from '../report.ts';

/** Reasons of members that a task's error names. */
const MOST_REASONS = 3;

/**
 * Why a task fails whose last attempt at a round, which this reports, came to nothing.
 * @param quarrelling members that were seated although they quarrel, since too few would have been left without them
 */
export function givenUp(task: string, report: RoundReport, quarrelling = 0): CairnError {
  const { round, attempt, code = 'round-abandoned', message = 'the round was abandoned' } = report;
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
    `task "${task}": round ${round} was given up after ${attempt} attempts: ${message}${reasons}${cramped}`,
    details,
  );
}

/** Members that are named as missing. */
const MOST_NAMED = 20;

/** Why a task fails from whose model nobody can be seated any more, and which was moved as often as it may be. */
export function rebasesSpent({ name, maxRebases }: TaskConfig, missing: readonly MemberId[]): CairnError {
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
  const who =
    missing.length === 0 ? '' : `; missing of sets of members: ${missing.slice(0, MOST_NAMED).join(', ')}${more}`;
  return new CairnError(
    'rebases-spent',
    `task "${name}": nobody can be seated from the present model, which was moved ${maxRebases} times since the last round${who}`,
    { culprits: missing },
  );
}

/** What members said why they left, most of them first: often the cause of a round that fails each time. */
function reasonsText({ drops }: RoundReport): string {
  const counts = new Map<ErrorCode, number>();
  for (const { reason } of drops) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_REASONS);
  if (sorted.length === 0) return '';
  return `; members were out for ${sorted.map(([reason, count]) => `${reason} (${count})`).join(', ')}`;
}
