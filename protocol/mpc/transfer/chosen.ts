import { CairnError } from '../../errors.ts';
import { arena } from '../kernels/arena.ts';
import { receive, send, type Party } from '../turn.ts';
import { choicesOf, stepsOf } from './correlated.ts';
import { cleanChoices, type ExtensionReceiver, type ExtensionSender, stepBytes } from './extension.ts';
import { hashBoth, hashLabels } from './hash.ts';
import { LABEL_BYTES } from './types.ts';

/**
 * Chosen transfers: of each, the sender has two strings of 16 bytes and the receiver gets the one of its choice. The
 * strings are encrypted with the pads of random transfers. Semi-honest, as the extension is; strings are not
 * authenticated, so a cheating sender may put in others than it should.
 */

/** Transfers of one step: the sender's message has 32 bytes for each. */
const STEP = 32_768;

/**
 * The sender of chosen transfers.
 * @param zeros what choice 0 gives, 16 bytes a transfer
 * @param ones what choice 1 gives, likewise
 * @throws CairnError `wire-bounds` unless both have the same number of whole strings
 */
export function* chosenSender(extension: ExtensionSender, zeros: Uint8Array, ones: Uint8Array): Party<void> {
  if (zeros.length !== ones.length || zeros.length % LABEL_BYTES !== 0) {
    throw new CairnError('wire-bounds', `chosen transfers: got ${zeros.length} and ${ones.length} bytes of strings`);
  }
  for (const [from, length] of stepsOf(zeros.length / LABEL_BYTES, STEP)) {
    const step = extension.step(yield* receive(stepBytes(length)), length);
    const pads = yield* hashBoth(step.hashKey, step.zeros, extension.delta, [{ count: length, blocks: 1 }]);
    const bytes = LABEL_BYTES * length;
    const message = new Uint8Array(2 * bytes);
    const strings = [zeros, ones].map((all) => all.subarray(LABEL_BYTES * from, LABEL_BYTES * from + bytes));
    message.set(xor(pads.zeros, strings[0]!));
    message.set(xor(pads.ones, strings[1]!), bytes);
    yield* send(message);
  }
}

/**
 * The receiver of chosen transfers.
 * @param choices ⌈count / 8⌉ bytes; bits after the last are ignored
 * @returns the strings of its choice, 16 bytes a transfer
 * @throws CairnError `wire-bounds` for another number of bytes
 */
export function* chosenReceiver(extension: ExtensionReceiver, choices: Uint8Array, count: number): Party<Uint8Array> {
  const chosen = cleanChoices(choices, count);
  const received = new Uint8Array(LABEL_BYTES * count);
  const steps = [...stepsOf(count, STEP)];
  // The next step's message leaves before this one's answer is waited for: the other side never stands idle for a trip.
  const begin = (k: number) => extension.step(choicesOf(chosen, steps[k]![0], steps[k]![1]), steps[k]![1]);
  let next = steps.length > 0 ? begin(0) : undefined;
  if (next !== undefined) yield* send(next.message);
  for (const [k, [from, length]] of steps.entries()) {
    const step = next!;
    if (k + 1 < steps.length) {
      next = begin(k + 1);
      yield* send(next.message);
    }
    const pads = yield* hashLabels(step.hashKey, step.labels, [{ count: length, blocks: 1 }]);
    const message = yield* receive(2 * LABEL_BYTES * length);
    received.set(xor(pads, selected(message, choicesOf(chosen, from, length), length)), LABEL_BYTES * from);
  }
  chosen.fill(0);
  return received;
}

/** Of each transfer's two encrypted strings the chosen one, without a branch on the choice. */
function selected(message: Uint8Array, choices: Uint8Array, count: number): Uint8Array {
  const words = new Uint32Array(message.slice().buffer);
  const half = words.length / 2;
  const out = new Uint32Array(half);
  for (let i = 0; i < count; i++) {
    const mask = -((choices[i >> 3]! >> (i & 7)) & 1);
    for (let word = 4 * i; word < 4 * i + 4; word++) {
      out[word] = words[word]! ^ (mask & (words[word]! ^ words[half + word]!));
    }
  }
  return new Uint8Array(out.buffer);
}

/** a ⊕ b, of equal length, a multiple of 16; a is wiped. */
function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  const memory = arena();
  const sum = memory.scoped(() => {
    const target = memory.load(a);
    memory.kernels.xorBlocks(target, memory.load(b), a.length / LABEL_BYTES);
    return memory.bytes(target, a.length).slice();
  });
  a.fill(0);
  return sum;
}
