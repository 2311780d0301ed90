import { u32le, utf8 } from '../crypto/bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { LABELS } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';

/** What a member sends when it connects. */
export interface SignedHello {
  /** The coordinator's challenge of this connection. */
  readonly challenge: Uint8Array;
  /**
   * The coordinator's address as the client knows it, so that the operator of another address cannot pass the signature
   * on.
   */
  readonly address: string;
  readonly member: number;
  /** The tasks that it offers itself for, in the order of the Hello. */
  readonly tasks: readonly string[];
}

/** The bytes that a member's identity signs when it connects: 32 bytes over challenge, address, id and tasks. */
export function helloTranscript(
  primitives: Primitives,
  { challenge, address, member, tasks }: SignedHello,
): Uint8Array {
  return transcript(primitives, LABELS.signHello, challenge, utf8(address), u32le(member), ...tasks.map(utf8));
}
