/*
 * The element types of safetensors files: those trained together as 32-bit floats, those carried along unchanged, and
 * those that the format defines and Cairn does not accept.
 */

/** Bytes of one value of the types that are read as floats and trained. */
const FLOATS: ReadonlyMap<string, number> = new Map([
  ['F16', 2],
  ['BF16', 2],
  ['F32', 4],
  ['F64', 8],
]);

/** Bytes of one value of the types that are kept unchanged. */
const KEPT: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['U16', 2],
  ['I16', 2],
  ['U32', 4],
  ['I32', 4],
  ['U64', 8],
  ['I64', 8],
]);

/** Types that the format defines but Cairn does not support: floats below 16 bits, and complex numbers. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'F4',
  'F6_E2M3',
  'F6_E3M2',
  'F8_E4M3',
  'F8_E4M3FNUZ',
  'F8_E5M2',
  'F8_E5M2FNUZ',
  'F8_E8M0',
  'C64',
]);

/** How a tensor of an element type is treated; undefined for a type that the format does not define. */
export function kindOf(dtype: string): 'float' | 'kept' | 'unsupported' | undefined {
  if (FLOATS.has(dtype)) return 'float';
  if (KEPT.has(dtype)) return 'kept';
  return UNSUPPORTED.has(dtype) ? 'unsupported' : undefined;
}

/** Bytes of one value of a supported type; undefined for any other. */
export function widthOf(dtype: string): number | undefined {
  return FLOATS.get(dtype) ?? KEPT.get(dtype);
}

let halves: Float32Array | undefined;

/** Every half as a float, indexed by its bits: each IEEE 754 binary16 value is also a binary32 value. */
function halfTable(): Float32Array {
  return (halves ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => {
    const sign = bits >>> 15 === 0 ? 1 : -1;
    const exponent = (bits >>> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }));
}

/** Copies bytes to a new buffer, so that wider views of it are aligned. */
const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/**
 * Values of a float type as 32-bit floats, little-endian as on every host we run on. Halves and bfloats are exact,
 * subnormal ones too; a double is rounded to the nearest float, and becomes infinite beyond the largest.
 * @param dtype - F16, BF16, F32 or F64
 * @param bytes - whole values at any alignment; they are copied
 */
export function toFloats(dtype: string, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const buffer = aligned(bytes);
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer));
  const words = new Uint16Array(buffer);
  const values = new Float32Array(words.length);
  if (dtype === 'F16') {
    const table = halfTable();
    for (let i = 0; i < words.length; i++) values[i] = table[words[i]!]!;
    return values;
  }
  // A bfloat is the upper half of a float.
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  return values;
}
