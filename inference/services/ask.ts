import { CairnError } from '../../protocol/errors.ts';
import { toFixed, ringOf } from '../../protocol/mpc/sharing/index.ts';
import { ChameleonAsker } from '../chameleon/asker.ts';
import type { Traffic } from '../drivers/channel.ts';
import { demandsOf } from '../plan/demands.ts';
import { traceOf } from '../plan/trace.ts';
import type { Plan } from '../plan/types.ts';
import type { Asking, Prediction } from '../sessions/asker.ts';
import type { Offered } from '../sessions/offered.ts';
import type { AskerSide } from '../systems.ts';

/** The asker's side of a plan. @throws CairnError `plan-mismatch` for a plan that is not for one owner and one asker */
export function askerSide(plan: Plan): AskerSide {
  if (plan.system === 'chameleon') return new ChameleonAsker(plan);
  throw new CairnError('plan-mismatch', `a plan of ${plan.system} is not answered by one owner alone`, {
    hint: plan.system === 'secureml' ? 'name both servers' : 'install the version of Cairn that the owner has',
  });
}

/** Answers to rows, and what they took together. */
export interface Answers {
  readonly classes: Uint32Array;
  /** outputs for each row, one row after another, if the plan reveals them. */
  readonly scores: Float64Array | undefined;
  readonly offlineMs: number;
  readonly onlineMs: number;
  readonly offline: Traffic;
  readonly online: Traffic;
  /** Rows that may still be asked for; undefined if nothing bounds it. */
  readonly left: number | undefined;
}

/**
 * Checks rows against a plan's input.
 * @returns how many they are
 * @throws CairnError `tensor-shape` for values that are not whole rows, or none; `input-range` for a value outside the
 * range, naming its row
 */
export function countRows(plan: Plan, values: Float32Array): number {
  const { inputs } = traceOf(plan);
  const [low, high] = plan.inputRange;
  const rows = values.length / inputs;
  if (!Number.isInteger(rows) || rows === 0) {
    throw new CairnError('tensor-shape', `rows of ${inputs} values were expected, and ${values.length} values came`);
  }
  const wrong = values.findIndex((value) => !(value >= low && value <= high));
  if (wrong < 0) return rows;
  const [row, column] = [Math.floor(wrong / inputs) + 1, (wrong % inputs) + 1];
  throw new CairnError('input-range', `row ${row}, value ${column}: it is not between ${low} and ${high}`);
}

/** How many rows go at once: what the server takes, and exactly what a dealer's file was made for. */
export function batchOf({ dealing, maxBatch }: Offered, rows: number): number {
  return dealing.kind === 'file' ? dealing.batch : Math.min(maxBatch, rows);
}

/**
 * Asks for all rows, in as many computations as it takes. A batch that must be full is filled up with zeros.
 * @param values rows × inputs numbers
 * @param onBatch called after each computation with the rows answered so far
 * @throws CairnError of {@link countRows} and of {@link Asking.ask}; `wire-bounds` for a batch that the limits do not allow
 */
export async function askRows(
  asker: Asking,
  values: Float32Array,
  onBatch?: (answered: number, prediction: Prediction) => void,
): Promise<Answers> {
  const { plan } = asker.offered;
  const rows = countRows(plan, values);
  const { inputs, outputs } = traceOf(plan);
  const ring = ringOf(plan.bits);
  const full = batchOf(asker.offered, rows);
  // The number may be the server's, and rows are filled up to it.
  demandsOf(plan, full);
  const classes = new Uint32Array(rows);
  const scores = plan.reveal === 'scores' ? new Float64Array(rows * outputs) : undefined;
  const sums = { offlineMs: 0, onlineMs: 0, offline: NONE, online: NONE };
  let left: number | undefined;
  for (let at = 0; at < rows; at += full) {
    const count = Math.min(full, rows - at);
    // A file's pieces serve a batch of one size.
    const batch = asker.offered.dealing.kind === 'file' ? full : count;
    const padded = new Float32Array(batch * inputs).fill(plan.inputRange[0]);
    padded.set(values.subarray(at * inputs, (at + count) * inputs));
    const prediction = await asker.ask(toFixed(ring, padded, plan.fraction), batch);
    classes.set(prediction.classes.subarray(0, count), at);
    if (scores !== undefined) scores.set(prediction.scores!.subarray(0, count * outputs), at * outputs);
    sums.offlineMs += prediction.offlineMs;
    sums.onlineMs += prediction.onlineMs;
    sums.offline = sumOf(sums.offline, prediction.offline);
    sums.online = sumOf(sums.online, prediction.online);
    left = prediction.left;
    onBatch?.(at + count, prediction);
  }
  return { classes, scores, ...sums, left };
}

const NONE: Traffic = { sentBytes: 0, receivedBytes: 0, turns: 0 };

const sumOf = (a: Traffic, b: Traffic): Traffic => ({
  sentBytes: a.sentBytes + b.sentBytes,
  receivedBytes: a.receivedBytes + b.receivedBytes,
  turns: a.turns + b.turns,
});
