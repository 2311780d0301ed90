import { CairnError } from '../../protocol/errors.ts';
import { IDX_TYPES, type IdxType, typeOf } from './idx-types.ts';

/*
 * IDX, the format of MNIST and related data sets: two zero bytes, a type, the number of dimensions, each dimension as a
 * big-endian 32-bit number, then the values, also big-endian.
 */

/** Maximum dimensions of a file: examples, and the shape of one. */
const MAX_RANK = 8;

/** Bytes of the longest header. */
export const MAX_HEADER = 4 + 4 * MAX_RANK;

/** The header of an IDX file. */
export interface IdxHeader {
  readonly type: IdxType;
  /** Each from 1; the first counts examples. */
  readonly dimensions: readonly number[];
  /** Bytes before the first value. */
  readonly length: number;
  /** Number of values; inexact beyond 2^53, which no file reaches. */
  readonly values: number;
}

/** The error for a malformed file. */
export function malformed(message: string, hint?: string): CairnError {
  return new CairnError('data-malformed', message, hint === undefined ? {} : { hint });
}

/** First bytes of other files that users put in its place. */
const KNOWN: readonly (readonly [start: string, what: string, hint: string])[] = [
  ['\x1f\x8b', 'a gzip file', 'unpack it with gunzip'],
  ['PK', 'a zip archive', 'unpack it with unzip'],
  ['\x93NUMPY', 'a NumPy array', 'save it as IDX, or write your own app around it'],
  ['\x89PNG', 'a PNG image', 'IDX has all images in one file'],
  ['MATLAB', 'a MATLAB file', 'fetch the data set as IDX ("binary format")'],
  ['<', 'a web page or XML', 'the download failed: fetch the file again'],
  ['version https://git-lfs', 'a Git LFS pointer', 'fetch the file itself with git lfs pull'],
];

function strange(header: Uint8Array): CairnError {
  const start = String.fromCharCode(...header.subarray(0, 24));
  const [, what, hint] = KNOWN.find(([known]) => start.startsWith(known)) ?? [];
  if (what !== undefined) return malformed(`an IDX file was expected, but this is ${what}`, hint);
  const bytes = [...header.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return malformed(
    header.length === 0
      ? 'an IDX file was expected, but this one is empty'
      : `an IDX file begins with two zero bytes, a type and a number of dimensions, but this one begins with ${bytes}`,
  );
}

/**
 * Reads the header of an IDX file of any type.
 * @param start - the first bytes of the file: {@link MAX_HEADER}, or all if there are fewer
 * @throws CairnError `data-malformed`, which names what the file contains instead
 */
export function readIdxHeader(start: Uint8Array): IdxHeader {
  const [zero, alsoZero, code, rank] = start;
  const type = typeOf(code!);
  if (start.length < 4 || zero !== 0 || alsoZero !== 0 || type === undefined || rank! < 1 || rank! > MAX_RANK) {
    throw strange(start);
  }
  const length = 4 + 4 * rank!;
  if (start.length < length) {
    throw malformed(`a header of ${rank} dimensions has ${length} bytes, but the file has ${start.length}`);
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const dimensions = Array.from({ length: rank! }, (_, i) => view.getUint32(4 + 4 * i));
  if (dimensions.includes(0)) throw malformed(`an IDX file without values: ${dimensions.join(' × ')}`);
  return { type, dimensions, length, values: dimensions.reduce((product, extent) => product * extent, 1) };
}

/** A file's content, as described in messages: `60000 × 28 × 28 unsigned bytes`. */
export function contentOf({ type, dimensions }: IdxHeader): string {
  return `${dimensions.join(' × ')} ${IDX_TYPES[type].words}`;
}

/** @throws CairnError `data-malformed` if a file's size differs from what its header says */
export function checkSize(header: IdxHeader, fileSize: number): void {
  // A double may round it, but never to an actual file's size.
  const size = header.length + header.values * IDX_TYPES[header.type].bytes;
  if (size === fileSize) return;
  throw malformed(`${contentOf(header)} and the header are ${size} bytes, but the file has ${fileSize}`);
}
