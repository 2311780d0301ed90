import {
  advertisedBytes,
  type Advertisement,
  type ClientState,
  decodeRoster,
  decodeRoutedShares,
  decodeSurvivors,
  decodeUnmaskRequest,
  encodeRoster,
  encodeRoutedShares,
  encodeSurvivors,
  encodeUnmaskRequest,
  type Roster,
  SEALED_SHARES_LENGTH,
  survivorBytes,
  type UnmaskRequest,
} from '../../../protocol/schemes/secagg/index.ts';
import { equalBytes, generateAgreementKey, type KeyPair } from '../../../protocol/crypto/index.ts';
import { bitmapOf, HEADER_LENGTH, setBits } from '../../../protocol/wire/index.ts';
import { type ClientIndex, clientIndex, type MemberId, memberId } from '../../../protocol/ids.ts';
import { type Lab, type Rewrite, rewriting } from './lab.ts';

// How a cheating coordinator changes what an honest one would have sent. Every helper keeps messages canonical and in
// session, so that only the audit under test can stop them.

/** Rewrites full rosters on their way to clients. */
export const rosterAs = (
  change: (members: readonly Advertisement[], to: MemberId) => readonly Advertisement[],
  ownIndexOf: (members: readonly Advertisement[], to: MemberId) => number = (members, to) =>
    Math.max(
      0,
      members.findIndex(({ member }) => member === to),
    ),
): Rewrite =>
  rewriting('roster', ({ member, bytes }) => {
    const roster = decodeRoster(bytes);
    if (roster.body.kind !== 'full') throw new Error('a full roster was expected');
    const advertisements = change(roster.body.advertisements, member);
    return encodeRoster({
      ...roster,
      size: advertisements.length,
      ownIndex: clientIndex(ownIndexOf(advertisements, member)),
      body: { kind: 'full', advertisements },
    });
  });

type Proven = Extract<Roster['body'], { kind: 'proven' }>;

/** Rewrites proven rosters on their way to clients. */
export const provenRosterAs = (change: (roster: Roster, body: Proven, to: MemberId) => Partial<Roster>): Rewrite =>
  rewriting('roster', ({ member, bytes }) => {
    const roster = decodeRoster(bytes);
    if (roster.body.kind !== 'proven') throw new Error('a proven roster was expected');
    return encodeRoster({ ...roster, ...change(roster, roster.body, member) });
  });

/** Rewrites routed shares: which neighbours are present, and what each supposedly sealed. */
export const routedAs = (change: (entries: Map<number, Uint8Array>, to: MemberId) => void): Rewrite =>
  rewriting('routedShares', ({ member, bytes }) => {
    const routed = decodeRoutedShares(bytes);
    const entries = new Map(
      setBits(routed.present).map((i, place) => [
        i,
        routed.sealed.slice(place * SEALED_SHARES_LENGTH, (place + 1) * SEALED_SHARES_LENGTH),
      ]),
    );
    change(entries, member);
    const present = [...entries.keys()].sort((a, b) => a - b);
    const sealed = new Uint8Array(present.length * SEALED_SHARES_LENGTH);
    present.forEach((i, place) => sealed.set(entries.get(i)!, place * SEALED_SHARES_LENGTH));
    return encodeRoutedShares({ ...routed, present: bitmapOf(routed.neighbours, present), sealed });
  });

/** Rewrites the survivor set. */
export const survivorsAs = (change: (survivors: readonly number[], to: MemberId) => readonly number[]): Rewrite =>
  rewriting('survivors', ({ member, bytes }) => {
    const message = decodeSurvivors(bytes);
    const survivors = bitmapOf(message.size, change(setBits(message.survivors), member));
    return encodeSurvivors({ ...message, survivors });
  });

/** Rewrites requests for shares. */
export const requestAs = (change: (request: UnmaskRequest, to: MemberId) => Partial<UnmaskRequest>): Rewrite =>
  rewriting('unmaskRequest', ({ member, bytes }) => {
    const request = decodeUnmaskRequest(bytes);
    return encodeUnmaskRequest({ ...request, ...change(request, member) });
  });

/** One member's signature over a survivor set. */
export interface SurvivorSignature {
  readonly index: ClientIndex;
  readonly signature: Uint8Array;
}

/**
 * Signatures as a request carries them: those of witnesses, each at its place among them. Others' signatures have no
 * place.
 */
export function signedByWitnesses(
  witnesses: readonly number[],
  signatures: readonly SurvivorSignature[],
): Pick<UnmaskRequest, 'witnesses' | 'signers' | 'signatures'> {
  const places = new Map(witnesses.map((index, place) => [index, place]));
  const found = signatures
    .flatMap(({ index, signature }) => {
      const place = places.get(index);
      return place === undefined ? [] : [{ place, signature }];
    })
    .sort((a, b) => a.place - b.place);
  return {
    witnesses: witnesses.length,
    signers: bitmapOf(
      witnesses.length,
      found.map(({ place }) => place),
    ),
    signatures: found.map(({ signature }) => signature),
  };
}

/** A member that the coordinator made up or colludes with: the attacker has its keys. */
export interface Colluder {
  readonly member: MemberId;
  readonly cipher: KeyPair;
  readonly mask: KeyPair;
  readonly advertisement: Advertisement;
}

/** Makes a colluder with fresh keys, signed by its identity if the round requires that. */
export function colluder(lab: Lab, id: number, keys: Partial<Pick<Colluder, 'cipher' | 'mask'>> = {}): Colluder {
  const member = memberId(id);
  const cipher = keys.cipher ?? generateAgreementKey(lab.primitives, lab.random);
  const mask = keys.mask ?? generateAgreementKey(lab.primitives, lab.random);
  const advertisement = signedAdvertisement(lab, id, cipher.publicKey, mask.publicKey);
  return { member, cipher, mask, advertisement };
}

/** An advertisement of any two keys by a member whose identity the attacker has. */
export function signedAdvertisement(lab: Lab, id: number, cipherKey: Uint8Array, maskKey: Uint8Array): Advertisement {
  const keys = { member: memberId(id), cipherKey, maskKey };
  const identity = lab.membership?.identities.get(memberId(id));
  if (lab.settings.adversary === 'curious' || identity === undefined) return { ...keys, signature: undefined };
  const bytes = advertisedBytes(lab.primitives, lab.server.context.settingsHash, keys);
  return { ...keys, signature: lab.primitives.ed25519Sign(identity.secretKey.expose(), bytes) };
}

/** A signature over a survivor set by a member whose identity the attacker has. */
export function signedSurvivors(
  lab: Lab,
  sessionId: Uint8Array,
  index: number,
  survivors: Uint8Array,
): SurvivorSignature {
  const identity = lab.membership!.identities.get(lab.members[index]!)!;
  const bytes = survivorBytes(lab.primitives, sessionId, survivors);
  return { index: clientIndex(index), signature: lab.primitives.ed25519Sign(identity.secretKey.expose(), bytes) };
}

/** The session id that a client computed for itself. */
export function sessionIdOf(state: ClientState): Uint8Array {
  if (!('facts' in state)) throw new Error(`a client in ${state.name} has no session id`);
  return state.facts.sessionId;
}

const CONTEXT_AT = 3;

/** A message with a different context in its header. */
export function relabelled(bytes: Uint8Array, context: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(context, CONTEXT_AT);
  return changed;
}

/** Whether a message has this context. */
export const hasContext = (bytes: Uint8Array, context: Uint8Array): boolean =>
  equalBytes(bytes.subarray(CONTEXT_AT, HEADER_LENGTH), context);
