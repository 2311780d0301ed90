/**
 * Extents of a two-dimensional convolution of one image; layout channels × rows × columns. The output has
 * floor((height + 2·padding − kernelHeight) / stride) + 1 rows, and columns likewise.
 */
export interface ConvolutionExtents {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** Extents of a max pooling over `planes` images of one channel each, without padding. */
export interface PoolingExtents {
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly size: number;
  readonly stride: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * The engine's hot loops. Operands are element indices into one heap (see `Heap`), outputs are written in place, and
 * operands never overlap outputs unless a kernel updates in place. There are two implementations, wasm SIMD and plain
 * TypeScript, with the same bits: every product, sum and quotient is rounded to 32 bits separately, and each sum has
 * the order stated here. Extents are not checked: the operations do that.
 */
export interface Kernels {
  /**
   * C (m × n, rows contiguous) becomes, or with `accumulate` grows by, A (m × k) times B (k × n). Element (i, p) of A
   * lies at `a + i·aRow + p·aCol`, B likewise, so a transpose is a pair of strides. Sums run over k, ascending. With
   * `rectify` the finished elements are stored as {@link gate} of themselves with slope 0.
   * @param scratch {@link matrixScratch} free elements
   */
  matrixProduct(
    m: number,
    n: number,
    k: number,
    a: number,
    aRow: number,
    aCol: number,
    b: number,
    bRow: number,
    bCol: number,
    c: number,
    accumulate: boolean,
    rectify: boolean,
    scratch: number,
  ): void;
  /**
   * im2col of one image: row (channel, ky, kx) of `columns` holds what that tap of the convolution sees at each output
   * place, zero outside the image. `columns` has channels·kernelHeight·kernelWidth × outHeight·outWidth elements.
   */
  unfold(image: number, extents: ConvolutionExtents, columns: number): void;
  /** col2im, the transpose of {@link unfold}: adds `columns` to `image`, tap after tap in ascending order. */
  fold(columns: number, extents: ConvolutionExtents, image: number): void;
  /**
   * out[f · outPlane + p] for each filter f and p below `length` becomes the sum over taps t, ascending, of weights[f,
   * t] · flat[offsets[t] + p]; sums start from bias[f], or from zero if `bias` is negative. `offsets` is the index of
   * the taps' 32-bit integers. `length` is at least 16. `rectify` is as in {@link matrixProduct}.
   * @param scratch {@link matrixScratch} free elements for a depth of `taps`
   */
  convolveTaps(
    filters: number,
    length: number,
    taps: number,
    weights: number,
    flat: number,
    offsets: number,
    out: number,
    outPlane: number,
    bias: number,
    rectify: boolean,
    scratch: number,
  ): void;
  /**
   * out[t, f] (taps × filters) becomes, or with `accumulate` grows by, Σ over p below `length`, ascending, of
   * flat[offsets[t] + p] · y[f · yPlane + p].
   * @param scratch {@link matrixScratch} free elements for a depth of `length`
   */
  correlateTaps(
    taps: number,
    filters: number,
    length: number,
    flat: number,
    offsets: number,
    y: number,
    yPlane: number,
    out: number,
    accumulate: boolean,
    scratch: number,
  ): void;
  /** Copies planes × rows × columns between two places, each with its own plane and row strides. */
  copyRows(
    from: number,
    fromPlane: number,
    fromRow: number,
    to: number,
    toPlane: number,
    toRow: number,
    planes: number,
    rows: number,
    columns: number,
  ): void;
  /** out[j · outRow + i] = x[i · xRow + j] for i below `rows` and j below `columns`. */
  transpose(x: number, xRow: number, rows: number, columns: number, out: number, outRow: number): void;
  /** to[i · toRow + j] += from[i · fromRow + j] for i below `rows` and j below `columns`, row after row. */
  addRows(from: number, fromRow: number, to: number, toRow: number, rows: number, columns: number): void;
  /**
   * The largest value of each window, and as a 32-bit integer the place in `x` (from 0) of its first occurrence. A NaN
   * wins only if it comes first.
   */
  maxPool(x: number, extents: PoolingExtents, out: number, winners: number): void;
  /** out = a + b. */
  add(a: number, b: number, out: number, n: number): void;
  /** out = a − b. */
  sub(a: number, b: number, out: number, n: number): void;
  /** out = a · b. */
  mul(a: number, b: number, out: number, n: number): void;
  /** out = a / b. */
  div(a: number, b: number, out: number, n: number): void;
  /** out = factor · x. */
  scale(factor: number, x: number, out: number, n: number): void;
  /** out = g where x > 0, slope · g elsewhere: a (leaky) rectifier with g = x, and its derivative. */
  gate(g: number, x: number, slope: number, out: number, n: number): void;
  /** x (outer × inner) becomes out (outer × times × inner). */
  repeat(x: number, outer: number, times: number, inner: number, out: number): void;
  /**
   * out[i] = the sum of row i: sixteen interleaved partial sums p over whole blocks of 16, joined by
   * q[l] = (p[l] + p[l+4]) + (p[l+8] + p[l+12]) and (q[0] + q[1]) + (q[2] + q[3]), then the rest in order.
   */
  sumRows(x: number, rows: number, columns: number, out: number): void;
  /** out[j] = the sum of column j, row after row. */
  sumColumns(x: number, rows: number, columns: number, out: number): void;
  /** y += factor · x. */
  addScaled(factor: number, x: number, y: number, n: number): void;
  /** g += mu · (w − anchor), the gradient of FedProx's proximal term. */
  proximal(mu: number, w: number, anchor: number, g: number, n: number): void;
  /** v = decay · v + g, then w −= rate · v. */
  momentum(rate: number, decay: number, g: number, v: number, w: number, n: number): void;
  /**
   * first = beta1 · first + rest1 · g; second = beta2 · second + rest2 · (g · g);
   * w −= (rate · first) / (√second + epsilon).
   */
  adam(
    rate: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    epsilon: number,
    g: number,
    first: number,
    second: number,
    w: number,
    n: number,
  ): void;
}

/** Free elements that a matrix product with inner extent `k` needs: one panel of 16 columns, and tiles on the edge. */
export function matrixScratch(k: number): number {
  return 64 + 16 * Math.min(k, 256);
}
