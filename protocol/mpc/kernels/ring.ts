type Elementwise = (target: number, a: number, b: number, bytes: number) => void;

type Shift = (target: number, a: number, bytes: number, bits: number, signed: 0 | 1) => void;

type Product = (
  target: number,
  left: number,
  right: number,
  rows: number,
  depth: number,
  columns: number,
  scratch: number,
) => void;

type Pad = (target: number, image: number, channels: number, height: number, width: number, padding: number) => void;

type Convolve = (
  target: number,
  weights: number,
  image: number,
  channels: number,
  height: number,
  width: number,
  filters: number,
  size: number,
  stride: number,
  down: number,
  across: number,
  scratch: number,
) => void;

/** What assembly/ring.ts exports: each for elements of 32 and of 64 bits. */
export interface RingKernels {
  readonly ringAdd32: Elementwise;
  readonly ringAdd64: Elementwise;
  readonly ringSubtract32: Elementwise;
  readonly ringSubtract64: Elementwise;
  readonly ringMultiply32: Elementwise;
  readonly ringMultiply64: Elementwise;
  readonly ringShift32: Shift;
  readonly ringShift64: Shift;
  readonly ringProduct32: Product;
  readonly ringProduct64: Product;
  readonly ringPad32: Pad;
  readonly ringPad64: Pad;
  readonly ringConvolve32: Convolve;
  readonly ringConvolve64: Convolve;
}
