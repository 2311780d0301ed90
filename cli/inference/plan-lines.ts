import { type Compiled, costOf, type Plan, type PlanCost } from '../../inference/index.ts';
import { transferCost } from '../../inference/internal.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { bytesText, megabytes } from '../bytes-text.ts';

const s = (count: number): string => (count === 1 ? '' : 's');

/** Digits of a plan's hash that are enough to compare two by eye. */
const SHOWN = 16;

/** The start of a plan's hash. */
const shownHash = (hash: Uint8Array): string => `${toHex(hash).slice(0, SHOWN)}…`;

/** One line on what a plan computes with. */
export function planLine(plan: Plan, hash: Uint8Array): string {
  const { system, bits, fraction } = plan;
  return `${system}, plan ${shownHash(hash)}: fixed point in ${bits} bits, ${fraction} of them after the point`;
}

/** How overflow is excluded. */
export function boundsText(bounds: Compiled['bounds']): string {
  return bounds === 'proven'
    ? 'no input in the model’s range overflows, as is proven from its weights'
    : 'no input like those of the calibration overflows; one far beyond them gets a wrong answer';
}

/** Where a computation's correlated randomness comes from. */
export type Randomness = 'dealer' | 'transfers';

/** What one question costs, both ways together. */
export interface QuestionCost {
  /** Bytes once a connection. */
  readonly once: number;
  /** Bytes before the input is used, without those of the randomness. */
  readonly offline: number;
  /** Bytes of the randomness: what a dealer sends, or the transfers in its place. */
  readonly randomness: number;
  readonly online: number;
  readonly trips: number;
}

/** Adds up what a batch costs. */
export function questionCost(plan: Plan, batch: number, source: Randomness = 'dealer'): QuestionCost {
  const { model, offline, dealt, online, trips }: PlanCost = costOf(plan, batch);
  const both = ({ toSeeded, toCorrected }: PlanCost['online']): number => toSeeded + toCorrected;
  const randomness = source === 'dealer' ? dealt.corrected + dealt.seeded : transferCost(plan, batch);
  return { once: both(model), offline: both(offline), randomness, online: both(online), trips };
}

/** One line on what a question of so many rows costs. */
export function costLine(plan: Plan, batch: number, source: Randomness = 'dealer'): string {
  const { once, offline, randomness, online, trips } = questionCost(plan, batch, source);
  const of = source === 'dealer' ? 'from the dealer' : 'by oblivious transfers';
  const before = `${bytesText(offline + randomness)} before the input is used (${bytesText(randomness)} of it ${of})`;
  const after = `${bytesText(online)} with it, ${trips} one-way trips${source === 'dealer' ? ' in all' : ' besides'}`;
  return `${batch} row${s(batch)}: ${before}, ${after}; once a connection ${bytesText(once)}`;
}

/** The same for `--json`, in megabytes of 10^6 bytes. */
export function costJson(
  plan: Plan,
  batch: number,
  source: Randomness = 'dealer',
): Readonly<Record<string, number | string>> {
  const { once, offline, randomness, online, trips } = questionCost(plan, batch, source);
  return {
    ...{ rows: batch, onceMegabytes: megabytes(once), offlineMegabytes: megabytes(offline) },
    ...{ randomness: source, randomnessMegabytes: megabytes(randomness), onlineMegabytes: megabytes(online), trips },
  };
}
