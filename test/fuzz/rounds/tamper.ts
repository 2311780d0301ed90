import { SIZES } from '../../../protocol/crypto/suite.ts';
import { clientIndex } from '../../../protocol/ids.ts';
import { bitmapOf, setBits } from '../../../protocol/wire/bitmap.ts';
import { messageName } from '../../../protocol/wire/header.ts';
import { decodeAdvertiseKeys, encodeAdvertiseKeys } from '../../../protocol/schemes/secagg/messages/advertise-keys.ts';
import { decodeMaskedInput, encodeMaskedInput } from '../../../protocol/schemes/secagg/messages/masked-input.ts';
import { decodeRoster, encodeRoster, type Roster } from '../../../protocol/schemes/secagg/messages/roster.ts';
import { decodeRoutedShares, encodeRoutedShares } from '../../../protocol/schemes/secagg/messages/routed-shares.ts';
import {
  decodeShareKeys,
  encodeShareKeys,
  SEALED_SHARES_LENGTH,
} from '../../../protocol/schemes/secagg/messages/share-keys.ts';
import { decodeSurvivors, encodeSurvivors } from '../../../protocol/schemes/secagg/messages/survivors.ts';
import { decodeUnmaskRequest, encodeUnmaskRequest } from '../../../protocol/schemes/secagg/messages/unmask-request.ts';
import { decodeUnmaskShares, encodeUnmaskShares } from '../../../protocol/schemes/secagg/messages/unmask-shares.ts';

/** Where a message is changed, and how; both modulo what there is. */
export interface Touch {
  readonly at: number;
  readonly how: number;
}

/**
 * The same message with one thing in it changed, in its one encoding and in its session: what damaged bytes hardly ever
 * become, and what somebody would send who knows the protocol. Messages that have nothing to change come as they are.
 */
export function tampered(bytes: Uint8Array, touch: Touch): Uint8Array {
  switch (messageName(bytes)) {
    case 'advertiseKeys': {
      const message = decodeAdvertiseKeys(bytes);
      const { cipherKey, maskKey, ...rest } = message.advertisement;
      const keys = [
        { cipherKey: maskKey, maskKey: cipherKey },
        { cipherKey, maskKey: cipherKey },
        { cipherKey: flipped(cipherKey, touch.at), maskKey },
        { cipherKey, maskKey: new Uint8Array(SIZES.key) },
      ];
      return encodeAdvertiseKeys({ ...message, advertisement: { ...rest, ...chosen(keys, touch.how) } });
    }
    case 'roster':
      return encodeRoster(changedRoster(decodeRoster(bytes), touch));
    case 'shareKeys': {
      const message = decodeShareKeys(bytes);
      const { commitment, sealed, count } = message;
      if (touch.how % 3 === 0) return encodeShareKeys({ ...message, commitment: flipped(commitment, touch.at) });
      const at = (touch.at % count) * SEALED_SHARES_LENGTH;
      const changed = sealed.slice();
      if (touch.how % 3 === 1) changed[at]! ^= 1;
      else changed.copyWithin(at, 0, SEALED_SHARES_LENGTH);
      return encodeShareKeys({ ...message, sealed: changed });
    }
    case 'routedShares': {
      const message = decodeRoutedShares(bytes);
      const places = setBits(message.present);
      if (places.length === 0) return bytes;
      const gone = touch.at % places.length;
      const entries = places.map((_, i) =>
        message.sealed.slice(i * SEALED_SHARES_LENGTH, (i + 1) * SEALED_SHARES_LENGTH),
      );
      return encodeRoutedShares({
        ...message,
        present: bitmapOf(
          message.neighbours,
          places.filter((_, i) => i !== gone),
        ),
        sealed: Uint8Array.from(entries.filter((_, i) => i !== gone).flatMap((entry) => [...entry])),
      });
    }
    case 'maskedInput': {
      const message = decodeMaskedInput(bytes);
      return encodeMaskedInput({ ...message, packed: flipped(message.packed, touch.at % (message.packed.length - 1)) });
    }
    case 'survivors': {
      const message = decodeSurvivors(bytes);
      return encodeSurvivors({ ...message, survivors: toggled(message.survivors, message.size, touch.at) });
    }
    case 'unmaskRequest': {
      const message = decodeUnmaskRequest(bytes);
      const { signatures, survivors, size } = message;
      if (touch.how % 2 === 0 || signatures.length === 0) {
        return encodeUnmaskRequest({ ...message, survivors: toggled(survivors, size, touch.at) });
      }
      const which = touch.at % signatures.length;
      // One signer less; or another one's signature in its place.
      return encodeUnmaskRequest(
        touch.how % 4 === 1
          ? {
              ...message,
              signers: toggled(message.signers, message.witnesses, setBits(message.signers)[which]!),
              signatures: signatures.filter((_, i) => i !== which),
            }
          : { ...message, signatures: signatures.map((entry, i) => (i === which ? signatures[0]! : entry)) },
      );
    }
    case 'unmaskShares': {
      const message = decodeUnmaskShares(bytes);
      const shares = message.shares.slice();
      const at = (touch.at % message.count) * SIZES.share;
      // One share of another polynomial; or one of its own, of somebody else's secret.
      if (touch.how % 2 === 0) shares.fill(0, at, at + SIZES.share).fill(touch.how & 0x3f, at, at + 1);
      else shares.copyWithin(at, 0, SIZES.share);
      return encodeUnmaskShares({ ...message, shares });
    }
    default:
      return bytes;
  }
}

const chosen = <T>(list: readonly T[], number: number): T => list[number % list.length]!;

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at % changed.length]! ^= 1;
  return changed;
}

function toggled(bitmap: Uint8Array, size: number, at: number): Uint8Array {
  const index = at % size;
  const bits = setBits(bitmap);
  return bitmapOf(size, bits.includes(index) ? bits.filter((bit) => bit !== index) : [...bits, index]);
}

function changedRoster(roster: Roster, { at, how }: Touch): Roster {
  const { body, size } = roster;
  if (how % 3 === 0) return { ...roster, ownIndex: clientIndex(at % size) };
  if (body.kind === 'proven') {
    const ids = body.ids.map((id, i) => (i === at % size ? id + 1 : id));
    const fewer = body.members.filter((_, i) => i !== at % body.members.length);
    if (how % 3 === 1 || fewer.length === 0) return { ...roster, body: { ...body, ids } };
    return { ...roster, body: { ...body, members: fewer } };
  }
  const { advertisements } = body;
  const which = at % size;
  if (how % 3 === 1 && size > 1) {
    const left = advertisements.filter((_, i) => i !== which);
    return { ...roster, size: left.length, ownIndex: clientIndex(0), body: { ...body, advertisements: left } };
  }
  const { maskKey } = advertisements[(which + 1) % size]!;
  const copied = advertisements.map((each, i) => (i === which ? { ...each, maskKey } : each));
  return { ...roster, body: { ...body, advertisements: copied } };
}
