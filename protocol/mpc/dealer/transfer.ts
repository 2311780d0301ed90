import type { Prg } from '../prg.ts';
import { type CorrelatedReceiver, type CorrelatedSender, LABEL_BYTES } from '../transfer/types.ts';
import type { DealtKind } from './dealt-kind.ts';
import type { TransferDemand, TransferPart } from './types.ts';

/** 32-bit words of a label. */
const LABEL_WORDS = LABEL_BYTES / 4;

/** What the corrected side draws: delta as the sender, choices as the receiver. */
interface Own {
  readonly drawn: Uint8Array;
}

/**
 * Correlated oblivious transfers: labels = zeros ⊕ choices · delta (Beaver 1995, dealt). One side draws delta, the other
 * the choices, and the seeded one its labels as well:
 * - The sender is seeded: zeros are its own, and the correction is the receiver's labels. They are zeros, which are
 *   uniform, or zeros ⊕ delta: uniform for the receiver, which does not know zeros, so it learns nothing of delta.
 * - The receiver is seeded: labels are its own, and the correction is the sender's zeros. They are uniform for the
 *   sender, which does not know labels, so it learns nothing of the choices.
 */
export const dealtTransfer: DealtKind<TransferDemand, TransferPart, Own> = {
  seeded: ({ count, sender }, prg) =>
    sender === 'seeded'
      ? { role: 'sender', sender: { delta: drawDelta(prg), zeros: prg.bytes(count * LABEL_BYTES) } }
      : { role: 'receiver', receiver: { choices: drawChoices(prg, count), labels: prg.bytes(count * LABEL_BYTES) } },
  own: ({ count, sender }, prg) => ({ drawn: sender === 'corrected' ? drawDelta(prg) : drawChoices(prg, count) }),
  correction: (_, seeded, { drawn }) =>
    seeded.role === 'sender'
      ? chosen(seeded.sender.zeros, drawn, seeded.sender.delta)
      : chosen(seeded.receiver.labels, seeded.receiver.choices, drawn),
  complete({ sender }, { drawn }, correction): TransferPart {
    const labels = correction.slice();
    return sender === 'corrected'
      ? { role: 'sender', sender: { delta: drawn, zeros: labels } satisfies CorrelatedSender }
      : { role: 'receiver', receiver: { choices: drawn, labels } satisfies CorrelatedReceiver };
  },
};

/** A delta: its lowest bit is 1, so that it also tells the two labels of a wire apart. */
function drawDelta(prg: Prg): Uint8Array {
  const delta = prg.bytes(LABEL_BYTES);
  delta[0]! |= 1;
  return delta;
}

function drawChoices(prg: Prg, count: number): Uint8Array {
  const choices = prg.bytes(Math.ceil(count / 8));
  if (count % 8 !== 0) choices[choices.length - 1]! &= (1 << (count % 8)) - 1;
  return choices;
}

/** strings ⊕ choices · delta. */
function chosen(strings: Uint8Array, choices: Uint8Array, delta: Uint8Array): Uint8Array {
  const out = strings.slice();
  const words = new Uint32Array(out.buffer);
  const [a, b, c, d] = new Uint32Array(delta.slice().buffer) as unknown as [number, number, number, number];
  for (let i = 0, at = 0; at < words.length; i++, at += LABEL_WORDS) {
    const mask = -((choices[i >>> 3]! >>> (i & 7)) & 1);
    words[at]! ^= mask & a;
    words[at + 1]! ^= mask & b;
    words[at + 2]! ^= mask & c;
    words[at + 3]! ^= mask & d;
  }
  return out;
}
