type Slice = (source: number, rows: number, target: number, rowBytes: number, block: number) => void;

type Join = (source: number, rows: number, rowBytes: number, target: number, block: number) => void;

/**
 * What assembly/slices.ts exports. A row has `rowBytes` bytes, a multiple of 16; `source` or `target` of words has 128
 * words for each 16 of them. `block` is a place to work in, of 16 bytes for each bit of a word.
 */
export interface SliceKernels {
  readonly sliceWords32: Slice;
  readonly sliceWords64: Slice;
  readonly joinWords32: Join;
  readonly joinWords64: Join;
}
