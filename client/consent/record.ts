import type { ClientHistory, OpenedSet } from '../../protocol/aggregation/client/types.ts';
import { toHex } from '../../protocol/crypto/bytes.ts';
import type { RoundSettings } from '../../protocol/wire/settings.ts';
import { charged, type PrivacyAccount } from './privacy-account.ts';

/** The members of one sum that a client helped to open, and whose sum it was. */
export interface OpenedSum extends OpenedSet {
  readonly task: string;
}

/** What a client remembers of the rounds it took part in. Oldest first. */
export interface ConsentRecord {
  /** When it sent a masked input, in milliseconds since 1970; of the last 24 hours. */
  readonly sent: readonly number[];
  readonly opened: readonly OpenedSum[];
  /** What its rounds have told about its data, task by task. */
  readonly accounts: readonly PrivacyAccount[];
}

/** Nothing remembered. */
export const NO_RECORD: ConsentRecord = { sent: [], opened: [], accounts: [] };

/** Greatest limit on rounds per day: as many times are remembered. */
export const MOST_ROUNDS_PER_DAY = 10_000;

/** Sums that are remembered of each task, and member ids in all of them together; the oldest are forgotten first. */
const MOST_SUMS = 1024;
const MOST_IDS = 1 << 20;

const DAY_MS = 86_400_000;

/** The part of a round's settings that says which sums it is held against. */
export type SumsOf = Pick<RoundSettings, 'task' | 'modelHash'>;

/** What a round of this task, from this model, is held against. @param now milliseconds since 1970 */
export function historyOf({ sent, opened }: ConsentRecord, { task, modelHash }: SumsOf, now: number): ClientHistory {
  const model = toHex(modelHash);
  // Times to come are of a clock that has been set back since: they count.
  return {
    roundsWithinDay: sent.filter((at) => at > now - DAY_MS).length,
    opened: opened.filter((sum) => sum.task === task || sum.model === model),
  };
}

/** The record with one more masked input that was sent, and what that costs. */
export function withSent(record: ConsentRecord, now: number, cost: PrivacyAccount): ConsentRecord {
  const recent = record.sent.filter((at) => at > now - DAY_MS);
  const sent = [...recent, now].slice(-MOST_ROUNDS_PER_DAY);
  return { ...record, sent, accounts: charged(record.accounts, cost) };
}

/** The record with one more sum that was opened. One of the same members, model and terms takes the place of the earlier. */
export function withOpened(record: ConsentRecord, sum: OpenedSum): ConsentRecord {
  const others = record.opened.filter((earlier) => !isSame(earlier, sum));
  return { ...record, opened: withinBounds([...others, sum]) };
}

function isSame(a: OpenedSum, b: OpenedSum): boolean {
  if (a.task !== b.task || a.model !== b.model || a.terms !== b.terms || a.members.length !== b.members.length)
    return false;
  return a.members.every((member, i) => member === b.members[i]);
}

/** The newest sums within the bounds; the newest of all is kept whatever its size. */
function withinBounds(sums: readonly OpenedSum[]): OpenedSum[] {
  const ofTask = new Map<string, number>();
  const kept: OpenedSum[] = [];
  let ids = 0;
  for (const sum of [...sums].reverse()) {
    const count = (ofTask.get(sum.task) ?? 0) + 1;
    ofTask.set(sum.task, count);
    ids += sum.members.length;
    if (count > MOST_SUMS) continue;
    if (ids > MOST_IDS && kept.length > 0) break;
    kept.push(sum);
  }
  return kept.reverse();
}
