import { openShares, sealKey, sealShares } from '../../../crypto/seal.ts';
import type { RandomSource } from '../../../crypto/random.ts';
import type { SecretBytes } from '../../../crypto/secret.ts';
import { type HoldSecret, withSecrets } from '../../../crypto/secret-scope.ts';
import { isCanonicalShare, shareSecret } from '../../../crypto/shamir.ts';
import { SIZES } from '../../../crypto/suite.ts';
import { CairnError } from '../../../errors.ts';
import type { ClientIndex, MemberId } from '../../../ids.ts';
import { hasBit } from '../../../wire/bitmap.ts';
import { LIMITS } from '../../../wire/limits.ts';
import type { Roster } from '../messages/roster.ts';
import type { RoutedShares } from '../messages/routed-shares.ts';
import { encodeShareKeys, SEALED_SHARES_LENGTH } from '../messages/share-keys.ts';
import { seedCommitment } from '../mask-keys.ts';
import { minSharers } from '../parameters/index.ts';
import { commitmentBytes } from '../signatures.ts';
import { auditRoster } from './audit-roster.ts';
import { transition } from './result.ts';
import type { ClientContext, ClientState, ClientStep, SessionParameters, SharePair } from './types.ts';

type In<Name extends ClientState['name']> = Extract<ClientState, { name: Name }>;

/**
 * The roster of round 0: nothing is agreed, shared or sealed with a key from it before it has been audited.
 * @throws CairnError with the code of what is wrong with the roster
 */
export function onRoster(state: In<'advertise-keys'>, roster: Roster): ClientStep {
  const { context, cipher, mask } = state;
  const facts = auditRoster(context, state.advertisement, roster);
  return transition({ name: 'cipher-agreement', context, facts, cipher, mask }, [], [], { kind: 'agreements-wanted' });
}

/**
 * Round 1, first half (ShareKeys, Bonawitz 2017 §4): draws the self mask seed b, commits to it, shares b and s_SK among
 * the neighbours and itself, and seals each neighbour's pair of shares under a separate key.
 * @param shared the secrets agreed with each neighbour's cipher key; both directions of a pair seal by one agreement
 */
export function onCipherAgreements(state: In<'cipher-agreement'>, shared: readonly SecretBytes[]): ClientStep {
  const { context, facts, cipher, mask } = state;
  const { primitives, random, settings } = context;
  const { sessionId, neighbours, ownIndex } = facts;
  return withSecrets((hold) => {
    const selfSeed = hold(random(SIZES.seed));
    const pairs = sharePairs(facts, mask.secretKey, selfSeed, random, hold);
    const sealed = new Uint8Array(neighbours.length * SEALED_SHARES_LENGTH);
    const openKeys: SecretBytes[] = [];
    const spent: SecretBytes[] = [cipher.secretKey];
    neighbours.forEach(({ index }, i) => {
      const secret = shared[i]!.expose();
      const key = hold(sealKey(primitives, secret, sessionId, ownIndex, index));
      openKeys.push(hold(sealKey(primitives, secret, sessionId, index, ownIndex)));
      const pair = pairs.get(index)!;
      const entry = sealShares(primitives, { key, sessionId, from: ownIndex, to: index, plaintext: pair.expose() });
      sealed.set(entry, i * SEALED_SHARES_LENGTH);
      spent.push(key, pair);
    });
    const header = { suite: settings.suite, context: sessionId };
    const commitment = seedCommitment(primitives, selfSeed, sessionId, ownIndex);
    const signature = signCommitment(context, facts, commitment);
    const bytes = encodeShareKeys({ ...header, commitment, signature, count: neighbours.length, sealed });
    const ownShares = pairs.get(ownIndex)!;
    const next: ClientState = { name: 'share-keys', context, facts, mask, selfSeed, ownShares, openKeys };
    return transition(next, [{ name: 'shareKeys', bytes }], spent);
  });
}

/** Binds this client to its commitment: it can prove to others that this client shared another seed. */
function signCommitment(
  { primitives, self, settings }: ClientContext,
  { sessionId, ownIndex }: SessionParameters,
  commitment: Uint8Array,
): Uint8Array | undefined {
  if (settings.adversary === 'curious' || self.identity === undefined) return undefined;
  const bytes = commitmentBytes(primitives, sessionId, ownIndex, commitment);
  return primitives.ed25519Sign(self.identity.secretKey.expose(), bytes);
}

/** Shares s_SK and b among the neighbours and the owner itself, who can then help to open its own b. */
function sharePairs(
  { parameters, neighbours, ownIndex }: SessionParameters,
  maskKey: SecretBytes,
  selfSeed: SecretBytes,
  random: RandomSource,
  hold: HoldSecret,
): Map<ClientIndex, SharePair> {
  const slots = [...neighbours.map(({ index }) => index), ownIndex];
  const share = (secret: SecretBytes): Uint8Array[] =>
    shareSecret({ secret: secret.expose(), threshold: parameters.threshold, domain: parameters.n, slots, random });
  const ofKey = share(maskKey);
  const ofSeed = share(selfSeed);
  return new Map(
    slots.map((slot, i) => {
      const pair = new Uint8Array(2 * SIZES.share);
      pair.set(ofKey[i]!, 0);
      pair.set(ofSeed[i]!, SIZES.share);
      ofKey[i]!.fill(0);
      ofSeed[i]!.fill(0);
      return [slot, hold(pair)];
    }),
  );
}

/**
 * Round 1, second half: opens the shares that the members of U2 sealed for this client. A share that does not open ends
 * the round for the client before it has sent anything that depends on its data.
 * @throws CairnError `too-few-members`, `share-undecryptable`, `roster-order`
 */
export function onRoutedShares(state: In<'share-keys'>, routed: RoutedShares): ClientStep {
  const { context, facts, mask, selfSeed, ownShares, openKeys } = state;
  const { primitives } = context;
  const { neighbours, ownIndex, parameters, sessionId } = facts;
  if (routed.neighbours !== neighbours.length) {
    throw new CairnError(
      'roster-order',
      `shares are routed over ${routed.neighbours} neighbours, but there are ${neighbours.length}`,
    );
  }
  const present = neighbours.map((_, i) => i).filter((i) => hasBit(routed.present, i));
  if (present.length + 1 < minSharers(parameters)) {
    throw new CairnError(
      'too-few-members',
      `${present.length + 1} members shared their keys, at least ${minSharers(parameters)} are needed`,
    );
  }
  return withSecrets((hold) => {
    const held = new Map<ClientIndex, SharePair>();
    const culprits: MemberId[] = [];
    present.forEach((i, place) => {
      const { index, advertisement } = neighbours[i]!;
      const sealed = routed.sealed.subarray(place * SEALED_SHARES_LENGTH, (place + 1) * SEALED_SHARES_LENGTH);
      const pair = openShares(primitives, { key: openKeys[i]!, sessionId, from: index, to: ownIndex, sealed });
      const opened = pair === undefined ? undefined : hold(pair);
      if (opened === undefined || !isSharePair(opened)) culprits.push(advertisement.member);
      else held.set(index, opened);
    });
    // All of them are named: each one left out would cost this client another round.
    if (culprits.length > 0) {
      const named = culprits.slice(0, LIMITS.culprits).join(', ');
      const text = `shares sealed by ${culprits.length} members (${named}) do not open to two shares`;
      throw new CairnError('share-undecryptable', text, { culprits });
    }
    held.set(ownIndex, ownShares);
    const next = { name: 'mask-agreement', context, facts, mask, selfSeed, held } as const;
    return transition(next, [], openKeys, { kind: 'agreements-wanted' });
  });
}

/**
 * Whether a plaintext is two shares in their one encoding. A member that seals anything else would make its neighbours
 * reveal it in round 4, and be dropped there in its place.
 */
function isSharePair(pair: SharePair): boolean {
  const bytes = pair.expose();
  return (
    bytes.length === 2 * SIZES.share &&
    isCanonicalShare(bytes.subarray(0, SIZES.share)) &&
    isCanonicalShare(bytes.subarray(SIZES.share))
  );
}
