import { seedCommitment } from '../../../protocol/schemes/secagg/masks.ts';
import { equalBytes, toHex } from '../../../protocol/crypto/bytes.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/native.ts';
import { openShares, sealKey } from '../../../protocol/crypto/seal.ts';
import { SecretBytes } from '../../../protocol/crypto/secret.ts';
import { LagrangeBasis } from '../../../protocol/crypto/shamir.ts';
import { SIZES } from '../../../protocol/crypto/suite.ts';
import type { Transcript } from './transcript.ts';
import type { View } from './views.ts';

/** Shares of one member's two secrets in the attacker's hands, by the holder's index. */
export interface Loot {
  readonly key: ReadonlyMap<number, Uint8Array>;
  readonly seed: ReadonlyMap<number, Uint8Array>;
}

/**
 * The shares of a member's secrets that the attacker has: what the member sealed for somebody whose key the attacker has,
 * and what others revealed in the same session.
 */
export function lootOf({ keys }: Transcript, owner: View, all: readonly View[]): Loot {
  const loot = { key: new Map<number, Uint8Array>(), seed: new Map<number, Uint8Array>() };
  for (const [index, { cipherKey }] of owner.neighbours) {
    const secret = keys.get(toHex(cipherKey));
    const pair = secret && unsealed(owner, index, secret);
    if (pair === undefined) continue;
    loot.key.set(index, pair.slice(0, SIZES.share));
    loot.seed.set(index, pair.slice(SIZES.share));
  }
  for (const view of all) {
    if (!equalBytes(view.sessionId, owner.sessionId)) continue;
    const found = view.revealed.get(owner.ownIndex);
    if (found !== undefined) loot[found.kind].set(view.ownIndex, found.share);
  }
  return loot;
}

function unsealed(owner: View, to: number, secret: Uint8Array): Uint8Array | undefined {
  const { sessionId, ownIndex: from } = owner;
  const shared = nodePrimitives.x25519(secret).with(owner.own.cipherKey);
  const key = sealKey(nodePrimitives, shared, sessionId, from, to);
  return openShares(nodePrimitives, { key, sessionId, from, to, sealed: owner.sealed.get(to)! });
}

/** The member's mask secret, if there are shares enough of it. */
export function maskSecretOf(owner: View, { key }: Loot): Uint8Array | undefined {
  return opened(owner, key, (secret) => equalBytes(nodePrimitives.x25519PublicKey(secret), owner.own.maskKey));
}

/** The member's self mask seed, if there are shares enough of it. */
export function selfSeedOf(owner: View, { seed }: Loot): Uint8Array | undefined {
  const { sessionId, ownIndex, commitment } = owner;
  return opened(owner, seed, (secret) =>
    equalBytes(seedCommitment(nodePrimitives, new SecretBytes(secret.slice()), sessionId, ownIndex), commitment),
  );
}

/** @throws Error where shares enough open to another secret: then this attempt is at fault, and proves nothing */
function opened(
  { parameters: { n, threshold } }: View,
  shares: ReadonlyMap<number, Uint8Array>,
  isRight: (secret: Uint8Array) => boolean,
): Uint8Array | undefined {
  if (shares.size < threshold) return undefined;
  const holders = [...shares.keys()].slice(0, threshold);
  const secret = new LagrangeBasis(n, holders).open(holders.map((holder) => shares.get(holder)!));
  if (!isRight(secret)) throw new Error('shares enough open to another secret than the member’s');
  return secret;
}
