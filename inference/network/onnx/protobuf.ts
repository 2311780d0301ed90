import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { CairnError } from '../../../protocol/errors.ts';

/** Reads one field's value, from a reader that stands at it. */
type FieldReader = (reader: BinaryReader, wire: WireType) => void;

/** Fields by number; all others are skipped. */
export type Fields = Readonly<Record<number, FieldReader>>;

/** @throws CairnError `network-malformed` for what is no protobuf message of this kind */
function invalid(what: string, cause?: unknown): never {
  throw new CairnError('network-malformed', `the ONNX file is not valid: ${what} cannot be read`, { cause });
}

/**
 * Reads a message whose field numbers are known, as protobuf asks of readers: fields in any order, unknown ones skipped.
 * @throws CairnError `network-malformed` naming the kind of message
 */
export function readFields(bytes: Uint8Array, what: string, fields: Fields): void {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, wire] = reader.tag();
      const read = fields[field];
      if (read === undefined) reader.skip(wire, field);
      else read(reader, wire);
    }
  } catch (thrown) {
    if (thrown instanceof CairnError) throw thrown;
    invalid(what, thrown);
  }
  // Numbers of a fixed length are read without a look at the end.
  if (reader.pos !== reader.len) invalid(what);
}

function expectWire(wire: WireType, expected: WireType): void {
  if (wire !== expected) throw new RangeError(`wire type ${wire} instead of ${expected}`);
}

/** A string of UTF-8. */
export const text =
  (set: (value: string) => void): FieldReader =>
  (reader, wire) => {
    expectWire(wire, WireType.LengthDelimited);
    set(reader.string(true));
  };

/** Bytes, or a message inside: a view. */
export const bytes =
  (set: (value: Uint8Array) => void): FieldReader =>
  (reader, wire) => {
    expectWire(wire, WireType.LengthDelimited);
    set(reader.bytes());
  };

/** An integer within ±2^53. */
export const integer =
  (set: (value: number) => void): FieldReader =>
  (reader, wire) => {
    expectWire(wire, WireType.Varint);
    set(safe(reader.int64()));
  };

/** A 32-bit float. */
export const float =
  (set: (value: number) => void): FieldReader =>
  (reader, wire) => {
    expectWire(wire, WireType.Bit32);
    set(reader.float());
  };

function safe(value: bigint | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError('an integer beyond 2^53');
  return number;
}

/** Repeated numbers: one a field, or packed into one. */
function repeated(one: WireType, next: (reader: BinaryReader) => number, into: number[]): FieldReader {
  return (reader, wire) => {
    if (wire === one) {
      into.push(next(reader));
      return;
    }
    expectWire(wire, WireType.LengthDelimited);
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) into.push(next(packed));
    if (packed.pos !== packed.len) throw new RangeError('a packed field is cut off');
  };
}

/** Repeated integers within ±2^53, appended. */
export const integers = (into: number[]): FieldReader =>
  repeated(WireType.Varint, (reader) => safe(reader.int64()), into);

/** Repeated 32-bit floats, appended. */
export const floats = (into: number[]): FieldReader => repeated(WireType.Bit32, (reader) => reader.float(), into);

/** Repeated 64-bit floats, appended. */
export const doubles = (into: number[]): FieldReader => repeated(WireType.Bit64, (reader) => reader.double(), into);
