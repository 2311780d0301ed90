import { measuringPoint } from '../../protocol/rounds/index.ts';
import { fromHex, portablePrimitives, toHex } from '../../protocol/crypto/index.ts';
import type { ClientHistory, OpenedSet, SentInput, SignedSession } from '../../protocol/schemes/secagg/index.ts';
import { MAX_IDS, type RememberedModel, recordOf, withInput, withProven, withSession, withSigned } from './models.ts';
import { charged, type PrivacyAccount } from './privacy-account.ts';

/** The members of one sum that a client signed, and the task it belonged to. */
export interface OpenedSum extends OpenedSet {
  readonly task: string;
}

/** A model produced by a rebase, from which a client sent an input. */
export interface RebasedModel {
  /** Milliseconds since 1970 of the latest of these inputs. */
  readonly at: number;
  /** `modelPoint`, in hex. */
  readonly point: string;
}

/** What a client remembers about the rounds it took part in. Oldest first. */
export interface ConsentRecord {
  /** Times at which it trained, or sent a kept update, in milliseconds since 1970; of the last 24 hours. */
  readonly rounds: readonly number[];
  /** Models of rebases, each once; of the last 24 hours. */
  readonly rebased: readonly RebasedModel[];
  /** The newest models from which it sent an input. */
  readonly models: readonly RememberedModel[];
  /** Older ones: the first 16 bytes of their model points, in hex. */
  readonly closed: readonly string[];
  readonly opened: readonly OpenedSum[];
  /** What its rounds have revealed about its data, task by task. */
  readonly accounts: readonly PrivacyAccount[];
}

/** Nothing remembered. */
export const NO_RECORD: ConsentRecord = {
  ...{ rounds: [], rebased: [], models: [], closed: [], opened: [], accounts: [] },
};

/** Maximum limit on rounds per day: this many times are remembered. */
export const MAX_ROUNDS_PER_DAY = 10_000;

/** Sums remembered per task; the oldest are forgotten first. */
const MAX_SUMS = 1024;

const DAY_MS = 86_400_000;

/**
 * The history that a round is checked against.
 * @param point of the round's model, in hex; undefined while unknown
 * @param now milliseconds since 1970
 */
export function historyOf(record: ConsentRecord, point: string | undefined, now: number): ClientHistory {
  const { rounds, rebased, opened } = record;
  const counted = point !== undefined && wasMeasured(record, point) ? 1 : 0;
  // Future times come from a clock that has since been set back: they count.
  const recent = (at: number): boolean => at > now - DAY_MS;
  return {
    roundsWithinDay: Math.max(0, rounds.filter(recent).length - counted),
    rebasesWithinDay: rebased.filter((model) => recent(model.at) && model.point !== point).length,
    opened,
    record: point === undefined ? undefined : recordOf(record, point),
  };
}

/**
 * Whether the client has sent peaks in this model's round, but no update: its training was counted then, and the
 * following round with the kept update is the same one.
 * @param point in hex
 */
export function wasMeasured(record: ConsentRecord, point: string): boolean {
  const sent = (of: string): boolean => (recordOf(record, of)?.inputs.length ?? 0) > 0;
  return !sent(point) && sent(toHex(measuringPoint(portablePrimitives, fromHex(point))));
}

/** The record with one more round for which it trains, or in which it sends a kept update. */
export function withRound(record: ConsentRecord, now: number): ConsentRecord {
  const recent = record.rounds.filter((at) => at > now - DAY_MS);
  return { ...record, rounds: [...recent, now].slice(-MAX_ROUNDS_PER_DAY) };
}

/** The record with the privacy cost of a masked input. */
export const withCost = (record: ConsentRecord, cost: PrivacyAccount): ConsentRecord => ({
  ...record,
  accounts: charged(record.accounts, cost),
});

/** The record with an input from a model produced by a rebase. */
export function withRebase(record: ConsentRecord, point: string, now: number): ConsentRecord {
  const others = record.rebased.filter((model) => model.at > now - DAY_MS && model.point !== point);
  return { ...record, rebased: [...others, { at: now, point }].slice(-MAX_ROUNDS_PER_DAY) };
}

/** The record with an input that is about to be sent. */
export const withSent = (record: ConsentRecord, point: string, sent: SentInput): ConsentRecord => ({
  ...record,
  ...withInput(record, point, sent),
});

/** The record with a session in which keys are about to be shared. @param session its id, in hex */
export const withClaim = (record: ConsentRecord, point: string, session: string): ConsentRecord => ({
  ...record,
  ...withSession(record, point, session),
});

/** The record with a set that is about to be signed. @param members ids, ascending */
export const withSet = (
  record: ConsentRecord,
  point: string,
  members: readonly number[],
  session: SignedSession,
): ConsentRecord => ({ ...record, ...withSigned(record, point, members, session) });

/** The record with a member that was proven to have dealt falsely in a session from this model. */
export const withCulprit = (record: ConsentRecord, point: string, member: number): ConsentRecord => ({
  ...record,
  ...withProven(record, point, member),
});

/** The record with one more sum that was signed. One with the same members and terms replaces the earlier one. */
export function withOpened(record: ConsentRecord, sum: OpenedSum): ConsentRecord {
  const others = record.opened.filter((earlier) => !isSame(earlier, sum));
  return { ...record, opened: withinBounds([...others, sum]) };
}

function isSame(a: OpenedSum, b: OpenedSum): boolean {
  if (a.task !== b.task || a.terms !== b.terms || a.members.length !== b.members.length) return false;
  return a.members.every((member, i) => member === b.members[i]);
}

/** Whether there are no more sums than are remembered. */
export const areWithinBounds = (sums: readonly OpenedSum[]): boolean => withinBounds(sums).length === sums.length;

/** The newest sums within the bounds; the very newest is kept whatever its size. */
function withinBounds(sums: readonly OpenedSum[]): OpenedSum[] {
  const ofTask = new Map<string, number>();
  const kept: OpenedSum[] = [];
  let ids = 0;
  for (const sum of [...sums].reverse()) {
    const count = (ofTask.get(sum.task) ?? 0) + 1;
    ofTask.set(sum.task, count);
    ids += sum.members.length;
    if (count > MAX_SUMS) continue;
    if (ids > MAX_IDS && kept.length > 0) break;
    kept.push(sum);
  }
  return kept.reverse();
}
