/**
 * What assembly/slices.ts exports. A row has `rowBytes` bytes, a multiple of 16; `source` or `target` of words has 128
 * words for each 16 of them. `block` is a place to work in, of 16 bytes for each bit of a word.
 */
export interface SliceKernels {
  sliceWords32(source: number, rows: number, target: number, rowBytes: number, block: number): void;
  sliceWords64(source: number, rows: number, target: number, rowBytes: number, block: number): void;
  joinWords32(source: number, rows: number, rowBytes: number, target: number, block: number): void;
  joinWords64(source: number, rows: number, rowBytes: number, target: number, block: number): void;
}
