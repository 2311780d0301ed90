import {
  commitmentBytes,
  decodeAdvertiseKeys,
  decodeConsistency,
  decodeMaskedInput,
  decodeShareKeys,
  decodeUnmaskShares,
  encodeAdvertiseKeys,
  encodeConsistency,
  encodeMaskedInput,
  encodeShareKeys,
  encodeUnmaskShares,
  frameMaskedInput,
  SEALED_SHARES_LENGTH,
} from '../../../protocol/schemes/secagg/index.ts';
import { type KeyPair, SIZES } from '../../../protocol/crypto/index.ts';
import { nodePrimitives } from '../../../protocol/crypto/node/index.ts';
import { createMaskVector } from '../../../protocol/kernels/index.ts';
import { memberId } from '../../../protocol/ids.ts';
import type { MessageName } from '../../../protocol/wire/index.ts';

// What hostile members send instead of their session's messages. Each deed changes one kind of message, and keeps it
// canonical and in session, so that only the intended check can stop it.

/** Changes a message before it is sent. */
export type Deed = (name: MessageName, bytes: Uint8Array) => Uint8Array;

const changing =
  (name: MessageName, change: (bytes: Uint8Array) => Uint8Array): Deed =>
  (given, bytes) =>
    given === name ? change(bytes) : bytes;

function flipped(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[0]! ^= 1;
  return changed;
}

/** Reveals shares of a polynomial of its own instead of all those that it holds. */
export const falseShares = changing('unmaskShares', (bytes) => {
  const message = decodeUnmaskShares(bytes);
  const shares = message.shares.map((_, i) => (i % SIZES.share === 0 ? 5 : 0));
  return encodeUnmaskShares({ ...message, shares });
});

/** Commits to a self mask seed other than the one that it shares and masks with, and does not sign it. */
export const falseCommitment = changing('shareKeys', (bytes) => {
  const message = decodeShareKeys(bytes);
  return encodeShareKeys({ ...message, commitment: flipped(message.commitment) });
});

/** The same with its signature. @param index its place in the roster */
export const signedFalseCommitment = ({ secretKey }: KeyPair, index: number): Deed =>
  changing('shareKeys', (bytes) => {
    const message = decodeShareKeys(bytes);
    const commitment = flipped(message.commitment);
    const signed = commitmentBytes(nodePrimitives, message.context, index, commitment);
    return encodeShareKeys({
      ...message,
      commitment,
      signature: nodePrimitives.ed25519Sign(secretKey.expose(), signed),
    });
  });

/** Sends its first neighbour a seal that does not open. */
export const brokenSeal = changing('shareKeys', (bytes) => {
  const message = decodeShareKeys(bytes);
  return encodeShareKeys({ ...message, sealed: flipped(message.sealed) });
});

/** Sends this many neighbours, starting at place `first`, a seal that does not open. */
export const brokenSeals = (count: number, first: () => number): Deed =>
  changing('shareKeys', (bytes) => {
    const message = decodeShareKeys(bytes);
    const sealed = message.sealed.slice();
    const from = first();
    for (let i = 0; i < count; i++) sealed[((from + i) % message.count) * SEALED_SHARES_LENGTH]! ^= 1;
    return encodeShareKeys({ ...message, sealed });
  });

/** Advertises keys that its identity did not sign. */
export const wrongAdvertisement = changing('advertiseKeys', (bytes) => {
  const message = decodeAdvertiseKeys(bytes);
  const signature = flipped(message.advertisement.signature!);
  return encodeAdvertiseKeys({ ...message, advertisement: { ...message.advertisement, signature } });
});

/** Advertises its keys in the name of another member. */
export const inTheNameOf = (member: number): Deed =>
  changing('advertiseKeys', (bytes) => {
    const message = decodeAdvertiseKeys(bytes);
    return encodeAdvertiseKeys({ ...message, advertisement: { ...message.advertisement, member: memberId(member) } });
  });

/** Signs a survivor set other than the one that it was sent. */
export const wrongConsistency = changing('consistency', (bytes) => {
  const message = decodeConsistency(bytes);
  return encodeConsistency({ ...message, signature: flipped(message.signature) });
});

/** A vector of one coordinate more than the round has. */
export const longerVector = changing('maskedInput', (bytes) => {
  const message = decodeMaskedInput(bytes);
  const length = message.length + 1;
  return encodeMaskedInput({ ...message, length, packed: new Uint8Array(Math.ceil((length * message.bits) / 8)) });
});

/** A vector with a different number of bits than the round's. */
export const otherBits = changing('maskedInput', (bytes) => {
  const message = decodeMaskedInput(bytes);
  const bits = message.bits === 32 ? 31 : message.bits + 1;
  return encodeMaskedInput({ ...message, bits, packed: new Uint8Array(Math.ceil((message.length * bits) / 8)) });
});

/** A lie about its own vector: these integers are added to the update's coordinates. */
export const addedToVector = (lie: readonly number[]): Deed =>
  changing('maskedInput', (bytes) => {
    const { length, bits, packed, ...header } = decodeMaskedInput(bytes);
    const added = new Uint32Array(length);
    lie.forEach((value, i) => (added[i] = value));
    const vector = createMaskVector(length);
    vector.addPacked(packed, bits);
    vector.addValues(added);
    const { message, offset } = frameMaskedInput(header, length, bits);
    vector.toPacked(bits, message, offset);
    return message;
  });
