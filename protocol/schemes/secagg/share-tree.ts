import { u32le } from '../../crypto/bytes.ts';
import { MerkleTree } from '../../crypto/merkle.ts';
import type { Primitives } from '../../crypto/primitives.ts';
import { LABELS, SIZES } from '../../crypto/suite.ts';
import { transcript } from '../../crypto/transcript.ts';
import { hasBit } from '../../wire/bitmap.ts';
import type { DealtSecret } from './messages/false-dealing.ts';

/** Which of a member's two secrets a share belongs to. */
export type SecretKind = DealtSecret['kind'];

const KINDS: Record<SecretKind, Uint8Array> = { 'self-seed': Uint8Array.of(1), 'mask-key': Uint8Array.of(2) };

/** Which of an owner's secrets is opened: its self mask seed if its input is in the sum, else its mask key. */
export const secretKind = (survivors: Uint8Array, owner: number): SecretKind =>
  hasBit(survivors, owner) ? 'self-seed' : 'mask-key';

/** The leaf of one revealed share, bound to its owner, secret and session. */
export function shareLeaf(
  primitives: Primitives,
  sessionId: Uint8Array,
  owner: number,
  kind: SecretKind,
  share: Uint8Array,
): Uint8Array {
  return transcript(primitives, LABELS.shareLeaf, sessionId, u32le(owner), KINDS[kind], share);
}

/**
 * The tree over all shares that one member reveals, in order. Its root is signed, so that one signature binds all of
 * them and each can be proven alone.
 * @param owners whose shares they are, ascending
 * @param shares 34 bytes for each owner
 */
export function shareTree(
  primitives: Primitives,
  sessionId: Uint8Array,
  survivors: Uint8Array,
  owners: readonly number[],
  shares: Uint8Array,
): MerkleTree {
  const leaves = owners.map((owner, i) => {
    const share = shares.subarray(i * SIZES.share, (i + 1) * SIZES.share);
    return shareLeaf(primitives, sessionId, owner, secretKind(survivors, owner), share);
  });
  return new MerkleTree(primitives, leaves, LABELS.shareNode);
}
