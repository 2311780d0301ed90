import { CairnError } from '../../protocol/errors.ts';

/*
 * IDX, the format of MNIST and its kin: two zero bytes, a type (0x08: unsigned bytes), the number of dimensions, each
 * dimension as a big-endian 32-bit number, then the values.
 */

/** Dimensions of an IDX file of unsigned bytes: 1 for labels, 3 (count, rows, columns) for images. */
export type IdxRank = 1 | 3;

/** Bytes before the first value. */
export function idxHeaderLength(rank: IdxRank): number {
  return 4 + 4 * rank;
}

function malformed(message: string): CairnError {
  return new CairnError('data-malformed', message);
}

/**
 * Reads the header of an IDX file of unsigned bytes, and checks it against the file's size.
 * @param header - the first bytes of the file, {@link idxHeaderLength} at least
 * @param fileSize - bytes of the whole file
 * @returns the dimensions, each from 1; for images count, rows, columns
 * @throws CairnError `data-malformed`
 */
export function readIdxHeader(header: Uint8Array, rank: IdxRank, fileSize: number): readonly number[] {
  const length = idxHeaderLength(rank);
  if (header.length < length) throw malformed(`an IDX header has ${length} bytes, but the file has ${header.length}`);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const magic = view.getUint32(0);
  if (magic !== 0x0800 + rank) {
    const hint = magic >>> 16 === 0x1f8b ? { hint: 'the file is compressed: unpack it with gunzip' } : {};
    throw new CairnError(
      'data-malformed',
      `the magic number of IDX ${rank === 1 ? 'labels' : 'images'} is ${0x0800 + rank}, but it is ${magic}`,
      hint,
    );
  }
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  if (dimensions.includes(0)) throw malformed(`an IDX file without values: ${dimensions.join(' × ')}`);
  // At most 2^96, so a double may round it, but never to the size of a file.
  const size = length + dimensions.reduce((product, extent) => product * extent, 1);
  if (size !== fileSize) {
    throw malformed(`${dimensions.join(' × ')} values and the header are ${size} bytes, but the file has ${fileSize}`);
  }
  return dimensions;
}

/** Images of one size, one byte per pixel. */
export interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** count × rows × columns values 0…255; a view into the file's bytes. */
  readonly pixels: Uint8Array;
}

/** Parses a whole IDX file of images (magic number 2051). @throws CairnError `data-malformed` */
export function parseIdxImages(bytes: Uint8Array): IdxImages {
  const [count, rows, columns] = readIdxHeader(bytes, 3, bytes.length);
  return { count, rows, columns, pixels: bytes.subarray(idxHeaderLength(3)) };
}

/**
 * Parses a whole IDX file of labels (magic number 2049).
 * @returns one label per example; a view into the file's bytes
 * @throws CairnError `data-malformed`
 */
export function parseIdxLabels(bytes: Uint8Array): Uint8Array {
  readIdxHeader(bytes, 1, bytes.length);
  return bytes.subarray(idxHeaderLength(1));
}

/** Scales bytes to 0…1 into `target` from `offset` on. */
export function scalePixels(pixels: Uint8Array, target: Float32Array, offset: number): void {
  for (let i = 0; i < pixels.length; i++) target[offset + i] = pixels[i] / 255;
}
