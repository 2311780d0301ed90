/** Bytes of a label: a string that one correlated oblivious transfer carries. */
export const LABEL_BYTES = 16;

/**
 * What the sender of n correlated oblivious transfers holds: of transfer i the two strings zeros_i and zeros_i ⊕ delta.
 * It does not know which of them the receiver has.
 */
export interface CorrelatedSender {
  /** 16 bytes, the same for all transfers; the lowest bit of byte 0 is 1, so that two strings differ in it (point and permute). */
  readonly delta: Uint8Array;
  /** 16 bytes a transfer. */
  readonly zeros: Uint8Array;
}

/** What the receiver holds: of transfer i the string labels_i = zeros_i ⊕ choices_i · delta, and nothing of the other. */
export interface CorrelatedReceiver {
  /** A bit a transfer: transfer i is bit i mod 8 of byte ⌊i / 8⌋; bits after the last are 0. */
  readonly choices: Uint8Array;
  /** 16 bytes a transfer. */
  readonly labels: Uint8Array;
}
