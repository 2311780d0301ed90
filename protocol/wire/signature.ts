import { SIZES } from '../crypto/suite.ts';
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

/** Writes a signature that only active rounds have: a flag, and the 64 bytes if it is 1. */
export function writeSignature(writer: ByteWriter, signature: Uint8Array | undefined): ByteWriter {
  writer.u8(signature === undefined ? 0 : 1);
  return signature === undefined ? writer : writer.fixed(signature, SIZES.signature);
}

/** Reads what {@link writeSignature} wrote, as a view. @throws CairnError `wire-…` */
export function readSignature(reader: ByteReader): Uint8Array | undefined {
  return reader.flag('signed') ? reader.raw(SIZES.signature, 'signature') : undefined;
}
