import { CairnError, type ErrorCode } from '../../protocol/errors.ts';
import type { RoundReport } from '../report.ts';

/** Reasons of members that a task's error names. */
const MOST_REASONS = 3;

/** Why a task fails whose last attempt at a round, which this reports, came to nothing. */
export function givenUp(task: string, report: RoundReport): CairnError {
  const { round, attempt, code = 'round-abandoned', message = 'the round was abandoned' } = report;
  const reasons = reasonsText(report);
  return new CairnError(
    code,
    `task "${task}": round ${round} was given up after ${attempt} attempts: ${message}${reasons}`,
    reasons === '' ? {} : { hint: 'see to what members were out for (cairn explain CODE), and start again' },
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
