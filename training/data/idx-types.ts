/** The value types of an IDX file by its third byte: their names, and how they are read. */
export const IDX_TYPES = {
  0x08: { words: 'unsigned bytes', bytes: 1, read: (bytes: Uint8Array) => bytes },
  0x09: {
    words: 'signed bytes',
    bytes: 1,
    read: (bytes: Uint8Array) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length),
  },
  0x0b: {
    words: '16-bit integers',
    bytes: 2,
    read: (bytes: Uint8Array) => Int16Array.from(each(bytes, 2, (view, at) => view.getInt16(at))),
  },
  0x0c: {
    words: '32-bit integers',
    bytes: 4,
    read: (bytes: Uint8Array) => Int32Array.from(each(bytes, 4, (view, at) => view.getInt32(at))),
  },
  0x0d: {
    words: '32-bit floats',
    bytes: 4,
    read: (bytes: Uint8Array) => Float32Array.from(each(bytes, 4, (view, at) => view.getFloat32(at))),
  },
  0x0e: {
    words: '64-bit floats',
    bytes: 8,
    read: (bytes: Uint8Array) => each(bytes, 8, (view, at) => view.getFloat64(at)),
  },
} as const;

/** The third byte of an IDX file. */
export type IdxType = keyof typeof IDX_TYPES;

/** The type of a file whose third byte this is; undefined for a byte that denotes none. */
export function typeOf(code: number): IdxType | undefined {
  return Object.hasOwn(IDX_TYPES, code) ? (code as IdxType) : undefined;
}

function each(bytes: Uint8Array, width: number, at: (view: DataView, at: number) => number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(bytes.length / width);
  for (let i = 0; i < values.length; i++) values[i] = at(view, i * width);
  return values;
}
