import { receive, send, type Party } from '../turn.ts';
import { choicesOf, stepsOf } from './correlated.ts';
import { cleanChoices, type ExtensionReceiver, type ExtensionSender, MAX_STEP, stepBytes } from './extension.ts';
import { hashBoth, hashLabels } from './hash.ts';
import { LABEL_BYTES } from './types.ts';

/**
 * Random transfers: of each, the sender gets two unrelated pads of 16 bytes and the receiver the one of its choice. The
 * labels of correlated transfers, hashed. Semi-honest, as the extension is.
 */

/** The sender's pads, 16 bytes a transfer. */
export interface RandomSent {
  readonly zeros: Uint8Array;
  readonly ones: Uint8Array;
}

/** The receiver's. */
export interface RandomReceived {
  /** Packed as in {@link CorrelatedReceiver}. */
  readonly choices: Uint8Array;
  /** 16 bytes a transfer: of the sender's two pads the chosen one. */
  readonly pads: Uint8Array;
}

/**
 * The sender of random transfers.
 * @throws CairnError `wire-bounds` from the extension
 */
export function* randomSender(extension: ExtensionSender, count: number): Party<RandomSent> {
  const zeros = new Uint8Array(LABEL_BYTES * count);
  const ones = new Uint8Array(LABEL_BYTES * count);
  for (const [from, length] of stepsOf(count, MAX_STEP)) {
    const step = extension.step(yield* receive(stepBytes(length)), length);
    const pads = yield* hashBoth(step.hashKey, step.zeros, extension.delta, [{ count: length, blocks: 1 }]);
    zeros.set(pads.zeros, LABEL_BYTES * from);
    ones.set(pads.ones, LABEL_BYTES * from);
    pads.zeros.fill(0);
    pads.ones.fill(0);
  }
  return { zeros, ones };
}

/**
 * The receiver of random transfers.
 * @param choices ⌈count / 8⌉ bytes, copied; bits after the last are ignored
 * @throws CairnError `wire-bounds` for another number of bytes
 */
export function* randomReceiver(
  extension: ExtensionReceiver,
  choices: Uint8Array,
  count: number,
): Party<RandomReceived> {
  const chosen = cleanChoices(choices, count);
  const pads = new Uint8Array(LABEL_BYTES * count);
  for (const [from, length] of stepsOf(count, MAX_STEP)) {
    const step = extension.step(choicesOf(chosen, from, length), length);
    yield* send(step.message);
    const hashed = yield* hashLabels(step.hashKey, step.labels, [{ count: length, blocks: 1 }]);
    pads.set(hashed, LABEL_BYTES * from);
    hashed.fill(0);
  }
  return { choices: chosen, pads };
}
