/**
 * What assembly/gmw.ts exports. A row has `rowBytes` bytes, a multiple of 16; a program has 12 bytes a gate; all regions
 * are of whole rows.
 */
export interface GmwKernels {
  xorRows(program: number, gates: number, wires: number, rowBytes: number): void;
  maskOperands(
    program: number,
    gates: number,
    wires: number,
    rowBytes: number,
    a: number,
    b: number,
    opened: number,
  ): void;
  multiplyRows(
    program: number,
    gates: number,
    wires: number,
    rowBytes: number,
    a: number,
    b: number,
    c: number,
    mine: number,
    theirs: number,
    own: number,
  ): void;
  packRows(source: number, rows: number, rowBytes: number, target: number, width: number, last: number): void;
  /** 1 if the bits after the last lane are zero, else 0. */
  unpackRows(source: number, rows: number, rowBytes: number, target: number, width: number, last: number): number;
  /** rows ^= others. */
  xorInto(rows: number, others: number, bytes: number): void;
  /** words += 2^exponent. */
  readonly addPower32: AddPower;
  readonly addPower64: AddPower;
  readonly finishRectify32: FinishRectify;
  readonly finishRectify64: FinishRectify;
  readonly finishTruncate32: FinishTruncate;
  readonly finishTruncate64: FinishTruncate;
}

type AddPower = (words: number, bytes: number, exponent: number) => void;

type FinishRectify = (
  rows: number,
  rowBytes: number,
  mine: number,
  theirs: number,
  dealt: number,
  shift: number,
  own: number,
  target: number,
) => void;

type FinishTruncate = (
  rows: number,
  rowBytes: number,
  words: number,
  dealt: number,
  shift: number,
  offset: number,
  own: number,
) => void;
