// Whole IDX files in memory, read by the parts that read them from the disk: what tests damage byte by byte.
import { checkSize, contentOf, type IdxHeader, malformed, readIdxHeader } from '../../training/data/idx.ts';
import { IDX_TYPES, type IdxType } from '../../training/data/idx-types.ts';

/** A whole IDX file in memory. */
export interface IdxArray {
  /** Each from 1; the first counts examples. */
  readonly dimensions: readonly number[];
  /** All values, row-major; a view into the file's bytes where these are bytes. */
  readonly values: ReturnType<(typeof IDX_TYPES)[IdxType]['read']>;
}

/** Parses a whole IDX file of any type. @throws CairnError `data-malformed` */
export function parseIdx(bytes: Uint8Array): IdxArray {
  const header = readIdxHeader(bytes);
  checkSize(header, bytes.length);
  const { type, dimensions, length } = header;
  return { dimensions, values: IDX_TYPES[type].read(bytes.subarray(length)) };
}

/** Images of one size, one byte per pixel. */
export interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** count × rows × columns values 0…255; a view into the file's bytes. */
  readonly pixels: Uint8Array;
}

/** A whole file of unsigned bytes and so many dimensions. */
function bytesOf(what: string, rank: number, bytes: Uint8Array): IdxHeader {
  const header = readIdxHeader(bytes);
  if (header.type !== 0x08 || header.dimensions.length !== rank) {
    throw malformed(
      `${what} are unsigned bytes of ${rank} dimension${rank === 1 ? '' : 's'}, but the file holds ${contentOf(header)}`,
    );
  }
  checkSize(header, bytes.length);
  return header;
}

/** Parses a whole IDX file of images, a byte a pixel (magic number 2051). @throws CairnError `data-malformed` */
export function parseIdxImages(bytes: Uint8Array): IdxImages {
  const { dimensions, length } = bytesOf('images', 3, bytes);
  const [count, rows, columns] = dimensions as [number, number, number];
  return { count, rows, columns, pixels: bytes.subarray(length) };
}

/**
 * Parses a whole IDX file of labels, a byte each (magic number 2049).
 * @returns one label per example; a view into the file's bytes
 * @throws CairnError `data-malformed`
 */
export function parseIdxLabels(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytesOf('labels', 1, bytes).length);
}
