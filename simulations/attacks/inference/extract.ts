import { pairMaskKey, seedCommitment, selfMaskKey } from '../../../protocol/schemes/secagg/index.ts';
import {
  equalBytes,
  LagrangeBasis,
  openShares,
  sealKey,
  SecretBytes,
  SIZES,
  SUITES,
  toHex,
} from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import type { MemberId } from '../../../protocol/ids.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import type { Transcript } from './transcript.ts';
import { type View, viewOf } from './views.ts';

/** The result of an attempt to compute one member's update. */
export interface Attempt {
  /** Shares of the target's secrets that the attacker has, and how many open one. */
  readonly loot: { readonly key: number; readonly seed: number; readonly threshold: number } | undefined;
  /** The target's masked input without every mask that can be removed; undefined if it never sent one. */
  readonly candidate: Uint32Array | undefined;
  /** The masks still on it. */
  readonly selfMaskLeft: boolean;
  readonly pairMasksLeft: readonly MemberId[];
  /**
   * The smallest sum containing the target's input that opens, minus inputs known to the attacker; undefined if none
   * does. If the target is the only member, it is its update.
   */
  readonly sum: { readonly members: readonly MemberId[]; readonly values: Uint32Array } | undefined;
}

/** A masked input without the masks that can be removed. */
interface Stripped {
  readonly view: View;
  readonly values: Uint32Array;
  readonly selfMaskLeft: boolean;
  readonly pairMasksLeft: readonly MemberId[];
}

const NOTHING: Attempt = {
  loot: undefined,
  candidate: undefined,
  selfMaskLeft: true,
  pairMasksLeft: [],
  sum: undefined,
};

/**
 * Tries to compute a member's quantized update from everything that the coordinator has seen and its accomplices know.
 *
 * First every secret with enough shares is opened. Then each masked input loses its self mask, if its seed was opened,
 * and every pair mask for which either end's secret is known. The remaining pair masks join members: they cancel in the
 * sum of all joined members, and in no smaller one. So the smallest sum with the target in it is that of all members
 * joined to it, and it opens if no self mask is left in it.
 * @param round settings hash of the round; by default the target's last one
 */
export function extract(transcript: Transcript, target: MemberId, round?: Uint8Array): Attempt {
  const everybody = [...new Set(transcript.passed.map(({ member }) => member))];
  const views = everybody.flatMap((member) => viewOf(transcript, member, round) ?? []);
  const own = views.find(({ member }) => member === target);
  if (own === undefined) return NOTHING;
  const loot = new Map(views.map((view) => [view, lootOf(transcript, view, views)]));
  const keys = new Map(transcript.keys);
  for (const view of views) {
    const secret = maskSecretOf(view, loot.get(view)!);
    if (secret !== undefined) keys.set(toHex(view.own.maskKey), secret);
  }
  const stripped = views.flatMap((view) => strip(view, loot.get(view)!, keys) ?? []);
  const mine = stripped.find(({ view }) => view === own);
  const { key, seed } = loot.get(own)!;
  return {
    loot: { key: key.size, seed: seed.size, threshold: own.parameters.threshold },
    candidate: mine?.values,
    selfMaskLeft: mine?.selfMaskLeft ?? true,
    pairMasksLeft: mine?.pairMasksLeft ?? [],
    sum: mine && minSum(transcript, mine, stripped),
  };
}

function strip(view: View, loot: Loot, keys: ReadonlyMap<string, Uint8Array>): Stripped | undefined {
  const { masked, settings, sessionId, ownIndex, own, neighbours } = view;
  if (masked === undefined) return undefined;
  const { maskRounds } = SUITES[settings.suite];
  const vector = createMaskVector(masked.length);
  vector.addPacked(masked.packed, settings.modulusBits);
  const seed = selfSeedOf(view, loot);
  if (seed !== undefined) {
    vector.addMask(selfMaskKey(nodePrimitives, new SecretBytes(seed), sessionId, ownIndex).expose(), -1, maskRounds);
  }
  const mySecret = keys.get(toHex(own.maskKey));
  const pairMasksLeft: MemberId[] = [];
  for (const index of view.maskedWith) {
    const { maskKey, member } = neighbours.get(index)!;
    const theirs = keys.get(toHex(maskKey));
    const [secret, peer] = mySecret === undefined ? [theirs, own.maskKey] : [mySecret, maskKey];
    if (secret === undefined) {
      pairMasksLeft.push(member);
      continue;
    }
    const agreement = nodePrimitives.x25519(secret);
    const key = pairMaskKey(nodePrimitives, agreement, sessionId, ownIndex, { index, maskKey: peer });
    vector.addMask(key.expose(), ownIndex > index ? -1 : 1, maskRounds);
  }
  return { view, values: vector.toValues(settings.modulusBits), selfMaskLeft: seed === undefined, pairMasksLeft };
}

function minSum({ inputs }: Transcript, target: Stripped, all: readonly Stripped[]): Attempt['sum'] {
  const joined = new Map([[target.view.member, target]]);
  for (const one of joined.values()) {
    for (const member of one.pairMasksLeft) {
      const other = all.find(({ view }) => view.member === member);
      // A mask that the other end never added, or added in another session, never cancels.
      const cancels =
        other?.pairMasksLeft.includes(one.view.member) === true && equalBytes(other.view.sessionId, one.view.sessionId);
      if (other === undefined || !cancels) return undefined;
      joined.set(member, other);
    }
  }
  if ([...joined.values()].some(({ selfMaskLeft }) => selfMaskLeft)) return undefined;
  const sum = createMaskVector(target.values.length);
  const members: MemberId[] = [];
  for (const [member, { values }] of joined) {
    sum.addValues(values);
    const known = inputs.get(member);
    if (known === undefined) members.push(member);
    else sum.addValues(known.map((value) => -value));
  }
  members.sort((a, b) => a - b);
  return { members, values: sum.toValues(target.view.settings.modulusBits) };
}

/** Shares of one member's two secrets that the attacker has, by the holder's index. */
interface Loot {
  readonly key: ReadonlyMap<number, Uint8Array>;
  readonly seed: ReadonlyMap<number, Uint8Array>;
}

/**
 * The shares of a member's secrets that the attacker has: those that the member sealed for a member whose key the
 * attacker has, and those that others revealed in the same session.
 */
function lootOf({ keys }: Transcript, owner: View, all: readonly View[]): Loot {
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

/** The member's mask secret, if there are enough shares of it. */
function maskSecretOf(owner: View, { key }: Loot): Uint8Array | undefined {
  return opened(owner, key, (secret) => equalBytes(nodePrimitives.x25519PublicKey(secret), owner.own.maskKey));
}

/** The member's self mask seed, if there are enough shares of it. */
function selfSeedOf(owner: View, { seed }: Loot): Uint8Array | undefined {
  const { sessionId, ownIndex, commitment } = owner;
  return opened(owner, seed, (secret) =>
    equalBytes(seedCommitment(nodePrimitives, new SecretBytes(secret.slice()), sessionId, ownIndex), commitment),
  );
}

/** @throws Error if enough shares open to a different secret: then this attempt is faulty, and proves nothing */
function opened(
  { parameters: { n, threshold } }: View,
  shares: ReadonlyMap<number, Uint8Array>,
  isRight: (secret: Uint8Array) => boolean,
): Uint8Array | undefined {
  if (shares.size < threshold) return undefined;
  const holders = [...shares.keys()].slice(0, threshold);
  const secret = new LagrangeBasis(n, holders).open(holders.map((holder) => shares.get(holder)!));
  if (!isRight(secret)) throw new Error('enough shares open to a secret other than the member’s');
  return secret;
}
