import { CairnError } from '../../../errors.ts';
import { type Encoded, type Header, HEADER_LENGTH, openMessage, startMessage } from '../../../wire/header.ts';
import { LIMITS } from '../../../wire/limits.ts';

/** Client → coordinator, round 2 (MaskedInputCollection, Bonawitz 2017 §4): y_u, packed at the modulus' bits. */
export interface MaskedInput extends Header {
  /** Number of coordinates. */
  readonly length: number;
  /** Bits of one coordinate. */
  readonly bits: number;
  /** Coordinate i in bits i·b … i·b + b − 1 of a little-endian bit string; the last byte's unused bits are zero. */
  readonly packed: Uint8Array;
}

/** A MaskedInput message whose packed vector is still to be written, at `offset`. */
export interface MaskedInputFrame {
  readonly message: Uint8Array;
  readonly offset: number;
}

/** Allocates a whole message at once, so that a vector is packed directly into the bytes that are sent. */
export function frameMaskedInput(header: Header, length: number, bits: number): MaskedInputFrame {
  const head = startMessage('maskedInput', header, HEADER_LENGTH + 5)
    .u32(length)
    .u8(bits)
    .finish();
  const message = new Uint8Array(head.length + Math.ceil((length * bits) / 8));
  message.set(head);
  return { message, offset: head.length };
}

/** Bytes of a MaskedInput message. @throws CairnError `wire-bounds` if the vector does not have the stated length */
export function encodeMaskedInput(message: MaskedInput): Uint8Array {
  const { length, bits, packed } = message;
  const frame = frameMaskedInput(message, length, bits);
  if (packed.length !== frame.message.length - frame.offset) {
    throw new CairnError('wire-bounds', `${length} × ${bits} bits do not fill ${packed.length} bytes`);
  }
  frame.message.set(packed, frame.offset);
  return frame.message;
}

/** The vector is a view into `bytes`. @throws CairnError `wire-…` for anything but one canonical MaskedInput message */
export function decodeMaskedInput(message: Encoded): MaskedInput {
  const { header, reader } = openMessage('maskedInput', message);
  const length = reader.u32In('length', 1, LIMITS.coordinates);
  const bits = reader.u8In('bits', 8, 32);
  const packed = reader.raw(Math.ceil((length * bits) / 8), 'packed vector');
  reader.end();
  const used = (length * bits) & 7;
  if (used !== 0 && packed[packed.length - 1]! >> used !== 0) {
    throw reader.error('wire-not-canonical', 'unused bits of the last byte must be zero');
  }
  return { ...header, length, bits, packed };
}
