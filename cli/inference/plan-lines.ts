import { type Compiled, costOf, type Plan, type PlanCost } from '../../inference/index.ts';
import { toHex } from '../../protocol/crypto/index.ts';
import { bytesText, megabytes } from '../bytes-text.ts';

const s = (count: number): string => (count === 1 ? '' : 's');

/** Digits of a plan's hash that are enough to compare two by eye. */
const SHOWN = 16;

/** The start of a plan's hash. */
export const shownHash = (hash: Uint8Array): string => `${toHex(hash).slice(0, SHOWN)}…`;

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

/** What one question costs: {@link costOf} with its parts added up. */
export interface QuestionCost {
  /** Bytes once a connection. */
  readonly once: number;
  /** Bytes before the input is known, the dealer's not counted; and what the dealer sends. */
  readonly offline: number;
  readonly dealt: number;
  readonly online: number;
  readonly trips: number;
}

/** Adds up what a batch costs. */
export function questionCost(plan: Plan, batch: number): QuestionCost {
  const { model, offline, dealt, online, trips }: PlanCost = costOf(plan, batch);
  const both = ({ toSeeded, toCorrected }: PlanCost['online']): number => toSeeded + toCorrected;
  return {
    ...{
      once: both(model),
      offline: both(offline),
      dealt: dealt.corrected + dealt.seeded,
      online: both(online),
      trips,
    },
  };
}

/** One line on what a question of so many rows costs. */
export function costLine(plan: Plan, batch: number): string {
  const { once, offline, dealt, online, trips } = questionCost(plan, batch);
  const rows = `${batch} row${s(batch)}`;
  const before = `${bytesText(offline + dealt)} before the input is used (${bytesText(dealt)} of it from the dealer)`;
  return `${rows}: ${before}, ${bytesText(online)} with it, ${trips} one-way trips in all; once a connection ${bytesText(once)}`;
}

/** The same for `--json`, in megabytes of 10^6 bytes. */
export function costJson(plan: Plan, batch: number): Readonly<Record<string, number>> {
  const { once, offline, dealt, online, trips } = questionCost(plan, batch);
  return {
    ...{ rows: batch, onceMegabytes: megabytes(once), offlineMegabytes: megabytes(offline) },
    ...{ dealtMegabytes: megabytes(dealt), onlineMegabytes: megabytes(online), trips },
  };
}
