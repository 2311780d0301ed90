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

/** A line between two machines for which seconds are announced: seconds that a message travels, and bytes a second. */
const LINE = { trip: 0.005, bytes: 12.5e6, text: 'a line of 10 ms and 100 Mbit/s' };

/**
 * Seconds on that line, first before the input is used and then with it; what is computed comes on top. What is dealt and
 * what is sent once a connection come before.
 */
function lineSeconds({ once, offline, randomness, online, trips }: QuestionCost): readonly [number, number] {
  const before = (once + offline + randomness) / LINE.bytes + 2 * LINE.trip;
  return [before, online / LINE.bytes + trips * LINE.trip];
}

/** Seconds for reading: two digits. */
const secondsText = (seconds: number): string => `${Number(seconds.toPrecision(2))} s`;

/** One line on what a question of so many rows costs. */
export function costLine(plan: Plan, batch: number, source: Randomness = 'dealer'): string {
  const cost = questionCost(plan, batch, source);
  const { once, offline, randomness, online, trips } = cost;
  const [earlier, later] = lineSeconds(cost);
  const of = source === 'dealer' ? 'from the dealer' : 'by oblivious transfers';
  const before = `${bytesText(offline + randomness)} before the input is used (${bytesText(randomness)} of it ${of})`;
  const after = `${bytesText(online)} with it, ${trips} one-way trips${source === 'dealer' ? ' in all' : ' besides'}`;
  const time = `on ${LINE.text} ${secondsText(earlier)} before and ${secondsText(later)} with it, and the time to compute`;
  return `${batch} row${s(batch)}: ${before}, ${after}; once a connection ${bytesText(once)}; ${time}`;
}

/** The same for `--json`, in megabytes of 10^6 bytes. */
export function costJson(
  plan: Plan,
  batch: number,
  source: Randomness = 'dealer',
): Readonly<Record<string, number | string>> {
  const cost = questionCost(plan, batch, source);
  const { once, offline, randomness, online, trips } = cost;
  const [offlineSeconds, onlineSeconds] = lineSeconds(cost).map((seconds) => Number(seconds.toPrecision(3)));
  return {
    ...{ rows: batch, onceMegabytes: megabytes(once), offlineMegabytes: megabytes(offline) },
    ...{ randomness: source, randomnessMegabytes: megabytes(randomness), onlineMegabytes: megabytes(online), trips },
    // Of a line of 10 ms and 100 Mbit/s, without the time to compute.
    ...{ offlineSeconds: offlineSeconds!, onlineSeconds: onlineSeconds! },
  };
}
