import type { Party } from '../turn.ts';
import { receive, send } from '../turn.ts';
import { cleanChoices, type ExtensionReceiver, type ExtensionSender, MAX_STEP, stepBytes } from './extension.ts';
import { type CorrelatedReceiver, type CorrelatedSender, LABEL_BYTES } from './types.ts';

/**
 * Correlated transfers, as many as are wanted, in messages of at most 1 MiB that go from the receiver to the sender
 * alone. They are safe as the labels of a garbled circuit; as pads they must be hashed first (random.ts), since all
 * pairs differ by one delta.
 */

/**
 * The sender's side.
 * @throws CairnError `wire-bounds` from the extension
 */
export function* correlatedSender(extension: ExtensionSender, count: number): Party<CorrelatedSender> {
  const zeros = new Uint8Array(LABEL_BYTES * count);
  for (const [from, length] of stepsOf(count, MAX_STEP)) {
    extension.step(yield* receive(stepBytes(length)), length, partOf(zeros, from, length));
  }
  return { delta: extension.delta.slice(), zeros };
}

/**
 * The receiver's side.
 * @param choices ⌈count / 8⌉ bytes, copied; bits after the last are ignored
 * @throws CairnError `wire-bounds` for another number of bytes
 */
export function* correlatedReceiver(
  extension: ExtensionReceiver,
  choices: Uint8Array,
  count: number,
): Party<CorrelatedReceiver> {
  const chosen = cleanChoices(choices, count);
  const labels = new Uint8Array(LABEL_BYTES * count);
  for (const [from, length] of stepsOf(count, MAX_STEP)) {
    const choicesHere = choicesOf(chosen, from, length);
    yield* send(extension.step(choicesHere, length, partOf(labels, from, length)).message);
  }
  return { choices: chosen, labels };
}

function partOf(labels: Uint8Array, from: number, length: number): Uint8Array {
  return labels.subarray(LABEL_BYTES * from, LABEL_BYTES * (from + length));
}

/**
 * Cuts a number of transfers into steps of at most `max`, which is a multiple of 8: where each begins, and its length.
 */
export function* stepsOf(count: number, max: number): Generator<readonly [from: number, length: number]> {
  for (let from = 0; from < count; from += max) yield [from, Math.min(max, count - from)];
}

/** The packed choices of a step that begins at a multiple of 8. */
export function choicesOf(choices: Uint8Array, from: number, length: number): Uint8Array {
  return choices.subarray(from / 8, Math.ceil((from + length) / 8));
}
