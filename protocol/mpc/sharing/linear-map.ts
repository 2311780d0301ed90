/** A matrix product: y[b, o] = Σ_i x[b, i] · w[i, o]. Weights are inputs × outputs, row by row, as in `training`. */
export interface DenseMap {
  readonly kind: 'dense';
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * A convolution of images of channels × height × width with weights of filters × channels × size × size, as in
 * `training`: outputs are filters × ⌊(height + 2·padding − size) / stride⌋ + 1 rows × likewise columns.
 */
export interface ConvolutionMap {
  readonly kind: 'convolution';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/** What is linear in its input and in its weights, and so can be computed on shares. It has no bias. */
export type LinearMap = DenseMap | ConvolutionMap;

/** Rows and columns of a convolution's output. */
export function convolvedSize({ height, width, size, stride, padding }: ConvolutionMap): readonly [number, number] {
  const after = (extent: number): number => Math.floor((extent + 2 * padding - size) / stride) + 1;
  return [after(height), after(width)];
}

/** Numbers of values of a map: of one input, of one output, and of its weights; and products for one input. */
export function mapSizes(map: LinearMap): {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: number;
  readonly products: number;
} {
  if (map.kind === 'dense') {
    const weights = map.inputs * map.outputs;
    return { inputs: map.inputs, outputs: map.outputs, weights, products: weights };
  }
  const [rows, columns] = convolvedSize(map);
  const weights = map.filters * map.channels * map.size * map.size;
  return {
    inputs: map.channels * map.height * map.width,
    outputs: map.filters * rows * columns,
    weights,
    products: weights * rows * columns,
  };
}
