import { advertisedBytes, type Advertisement } from '../../../protocol/schemes/secagg/index.ts';
import { generateAgreementKey, generateIdentity, type KeyPair } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { memberId } from '../../../protocol/ids.ts';
import { type Rewrite, seeded } from '../../../simulations/attacks/open-round/lab.ts';
import type { Scene } from '../../../simulations/attacks/coordinator/scene.ts';

/** The content of a forged advertisement; whatever is omitted is fresh, and known to the attacker. */
export interface Forgery {
  readonly member: number;
  readonly cipherKey?: Uint8Array;
  readonly maskKey?: Uint8Array;
  /** The signing identity. Default: one that the attacker has just created. */
  readonly identity?: KeyPair | undefined;
}

/** An advertisement that the attacker made for a round. */
export function forged(
  scene: Scene,
  context: Uint8Array,
  { member, cipherKey, maskKey, identity }: Forgery,
): Advertisement {
  const random = scene.coordinator.transcript.overheard(seeded(`${scene.options.seed} forged ${member}`));
  const fresh = (): Uint8Array => generateAgreementKey(nodePrimitives, random).publicKey;
  const keys = { member: memberId(member), cipherKey: cipherKey ?? fresh(), maskKey: maskKey ?? fresh() };
  if (!scene.active) return { ...keys, signature: undefined };
  const { secretKey } = identity ?? generateIdentity(nodePrimitives, random);
  const bytes = advertisedBytes(nodePrimitives, context, keys);
  return { ...keys, signature: nodePrimitives.ed25519Sign(secretKey.expose(), bytes) };
}

/** Applies a change to what one member is sent, and leaves the others alone. */
export const towards =
  (member: number, change: Rewrite): Rewrite =>
  (mail) =>
    mail.member === memberId(member) ? change(mail) : [mail];
