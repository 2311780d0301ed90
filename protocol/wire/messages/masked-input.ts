import { type Header, HEADER_LENGTH, openMessage, startMessage } from '../header.ts';
import { LIMITS } from '../limits.ts';

/** Client → coordinator, round 2 (MaskedInputCollection, Bonawitz 2017 §4): y_u, packed at the modulus' bits. */
export interface MaskedInput extends Header {
  /** Number of coordinates. */
  readonly length: number;
  /** Bits of one coordinate. */
  readonly bits: number;
  /** Coordinate i in bits i·b … i·b + b − 1 of a little-endian bit string; the last byte's unused bits are zero. */
  readonly packed: Uint8Array;
}

/** Bytes of a MaskedInput message. */
export function encodeMaskedInput(message: MaskedInput): Uint8Array {
  return startMessage('maskedInput', message, HEADER_LENGTH + 5 + message.packed.length)
    .u32(message.length)
    .u8(message.bits)
    .fixed(message.packed, Math.ceil((message.length * message.bits) / 8))
    .finish();
}

/** The vector is a view into `bytes`. @throws CairnError `wire-…` for anything but one canonical MaskedInput message */
export function decodeMaskedInput(bytes: Uint8Array): MaskedInput {
  const { header, reader } = openMessage('maskedInput', bytes);
  const length = reader.u32In('length', 1, LIMITS.coordinates);
  const bits = reader.u8In('bits', 8, 32);
  const packed = reader.raw(Math.ceil((length * bits) / 8), 'packed vector');
  reader.end();
  const used = (length * bits) & 7;
  if (used !== 0 && packed[packed.length - 1] >> used !== 0) {
    throw reader.error('wire-not-canonical', 'unused bits of the last byte must be zero');
  }
  return { ...header, length, bits, packed };
}
