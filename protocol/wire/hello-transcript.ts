import { u32le, utf8 } from '../crypto/bytes.ts';
import type { Primitives } from '../crypto/primitives.ts';
import { LABELS } from '../crypto/suite.ts';
import { transcript } from '../crypto/transcript.ts';

/**
 * The bytes that a member's identity signs when it connects: 32 bytes over the challenge, its id and the tasks it offers
 * itself for, in the order of the Hello.
 */
export function helloTranscript(
  primitives: Primitives,
  challenge: Uint8Array,
  member: number,
  tasks: readonly string[],
): Uint8Array {
  return transcript(primitives, LABELS.signHello, challenge, u32le(member), ...tasks.map(utf8));
}
